/** How many messages are unread, on the tab that leads to them. */

const MESSAGES = 2; // its place in app.json
const TABS = ['pages/today/today', 'pages/calendar/calendar', 'pages/messages/messages', 'pages/me/me'];

/** Called by tab pages, each time they are shown. A phone refuses it while another page is in front: the answer came late. */
export function badge(unread: number): void {
  const front = getCurrentPages().pop()?.route ?? '';
  if (!TABS.includes(front)) return;
  if (unread) wx.setTabBarBadge({ index: MESSAGES, text: unread > 99 ? '99+' : String(unread) });
  else wx.removeTabBarBadge({ index: MESSAGES });
}
