/** 留言: a word on somebody's check-in that decides nothing. Null: thought better of it, or it did not arrive, which was said. */
import { comment } from './api/checkins';
import { sentence } from './api/problem';

export async function remark(checkin: string) {
  const answer = await wx.showModal({ title: '留言', editable: true, placeholderText: '队员会看到，也会看到是谁写的', confirmText: '留言' });
  const text = answer.content?.trim();
  if (!answer.confirm || !text) return null;
  try {
    return await comment(checkin, text);
  } catch (error) {
    wx.showModal({ title: '没有留下', content: sentence(error), showCancel: false });
    return null;
  }
}
