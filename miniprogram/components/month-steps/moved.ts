/** PURE: the month before or after: 2026-12 and 1 give 2027-01. */
export function moved(month: string, by: number): string {
  const [year, m] = month.split('-').map(Number);
  return new Date(Date.UTC(year, m - 1 + by, 1)).toISOString().slice(0, 7);
}
