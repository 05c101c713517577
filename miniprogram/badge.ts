/** How many messages are unread, on the tab that leads to them. */

const MESSAGES = 2; // its place in app.json

export function badge(unread: number): void {
  if (unread) wx.setTabBarBadge({ index: MESSAGES, text: unread > 99 ? '99+' : String(unread) });
  else wx.removeTabBarBadge({ index: MESSAGES });
}
