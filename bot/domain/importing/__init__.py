"""Reading OKRs from a file: columns, rows, what they mean together, and the difference to what is there already."""
