/** What waits for the member, on the tabs that lead to it. A phone refuses it while another page is in front: the
 * answer came late. */

const TABS = ['pages/today/today', 'pages/calendar/calendar', 'pages/messages/messages', 'pages/me/me']; // as in app.json
const TODAY = 0;
const MESSAGES = 2;

/** How many messages are unread. Called by tab pages, each time they are shown. */
export function badge(unread: number): void {
  mark(MESSAGES, unread > 99 ? '99+' : String(unread || ''));
}

/** A spot check runs; whoever is on another page sees it until it is answered. */
export function badgeSpot(runs: boolean): void {
  mark(TODAY, runs ? '1' : '');
}

function mark(index: number, text: string): void {
  if (!TABS.includes(getCurrentPages().pop()?.route ?? '')) return;
  if (text) wx.setTabBarBadge({ index, text });
  else wx.removeTabBarBadge({ index });
}
