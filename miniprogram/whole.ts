/** The whole photo of a check-in, by a link of now: the one that came with the page may be over. */
import * as api from './api/checkins';
import { sentence } from './api/problem';

export async function showWhole(checkin: string): Promise<void> {
  try {
    const { photo } = await api.checkin(checkin);
    if (photo) wx.previewImage({ urls: [await api.photo(photo.url)], showmenu: false });
  } catch (error) {
    wx.showToast({ title: sentence(error), icon: 'none' });
  }
}
