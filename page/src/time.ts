// Instants as a person in a time zone reads them. A timestamp is Slack's: "1790000000.000100".

const LOCALE = "en-GB";

const made = new Map<string, Intl.DateTimeFormat>();
function format(instant: Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = zone + JSON.stringify(options);
  const known = made.get(key) ?? new Intl.DateTimeFormat(LOCALE, { timeZone: zone, ...options });
  made.set(key, known);
  return known.format(instant);
}

export const instantOf = (ts: string) => new Date(Number(ts) * 1000);
export const clock = (instant: Date, zone: string) => format(instant, zone, { hour: "2-digit", minute: "2-digit" });
export const dayKey = (instant: Date, zone: string) =>
  format(instant, zone, { year: "numeric", month: "2-digit", day: "2-digit" });
export const weekday = (instant: Date, zone: string) => format(instant, zone, { weekday: "short" });

export const longDay = (instant: Date, zone: string) =>
  format(instant, zone, { weekday: "long", day: "numeric", month: "long" });

/** "Mon 5 Oct, 09:00" */
export function moment(instant: Date, zone: string): string {
  return `${format(instant, zone, { weekday: "short", day: "numeric", month: "short" })}, ${clock(instant, zone)}`;
}

const DAY = 86_400_000;

/** The day as it stands between messages: today, yesterday, or its date. */
export function dayName(instant: Date, zone: string, now: Date): string {
  return relative(instant, zone, now) ?? longDay(instant, zone);
}

function relative(instant: Date, zone: string, now: Date): string | null {
  const day = dayKey(instant, zone);
  if (day === dayKey(now, zone)) return "Today";
  if (day === dayKey(new Date(now.getTime() - DAY), zone)) return "Yesterday";
  if (day === dayKey(new Date(now.getTime() + DAY), zone)) return "Tomorrow";
  return null;
}

/** Slack's date notation, `<!date^1700000000^{date_short} at {time}|fallback>`, in the reader's zone. */
export function notation(seconds: number, pattern: string, zone: string, now: Date): string {
  const at = new Date(seconds * 1000);
  const pretty = (other: string) => relative(at, zone, now)?.toLowerCase() ?? other;
  const date = format(at, zone, { day: "numeric", month: "long", year: "numeric" });
  const short = format(at, zone, { day: "numeric", month: "short", year: "numeric" });
  const long = format(at, zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const shown: Record<string, string> = {
    date_num: `${format(at, zone, { year: "numeric" })}-${dayKey(at, zone).split("/").reverse().slice(1).join("-")}`,
    date,
    date_pretty: pretty(date),
    date_short: short,
    date_short_pretty: pretty(short),
    date_long: long,
    date_long_pretty: pretty(long),
    day_divider_pretty: pretty(longDay(at, zone)),
    time: clock(at, zone),
    time_secs: format(at, zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: `${date}, ${clock(at, zone)}`,
  };
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => shown[name] ?? whole);
}

/** Unix seconds to what an `<input type="datetime-local">` shows in a zone, and back. */
export function toLocalInput(seconds: number, zone: string): string {
  const at = new Date(seconds * 1000);
  const [day, month, year] = dayKey(at, zone).split("/");
  return `${year}-${month}-${day}T${clock(at, zone)}`;
}

export function fromLocalInput(text: string, zone: string): number {
  const asUtc = Date.parse(`${text}Z`);
  // Twice, since the first guess may lie on the other side of a change of clocks.
  let guess = asUtc;
  for (let round = 0; round < 2; round++) guess = asUtc - (Date.parse(`${toLocalInput(guess / 1000, zone)}Z`) - guess);
  return Math.round(guess / 1000);
}
