// Days as Japan counts them.

export const DAY = 86_400_000;
const AHEAD = 9 * 3_600_000;

/** The date in Japan so many days ago. */
export const daysAgo = (days) => new Date(Date.now() + AHEAD - days * DAY).toISOString().slice(0, 10);
/** The date so many days after another. */
export const daysAfter = (date, days) => new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
