/** A whole photo, by a link of now: the one that came with the page may be over. */
import { photo } from './api/checkins';
import { sentence } from './api/problem';

/** `fresh` reads the link anew; none: it is erased meanwhile. */
export async function showWhole(fresh: () => Promise<string | undefined>): Promise<void> {
  try {
    const link = await fresh();
    if (link) wx.previewImage({ urls: [await photo(link)], showmenu: false });
    else wx.showToast({ title: '照片已删除', icon: 'none' });
  } catch (error) {
    wx.showToast({ title: sentence(error), icon: 'none' });
  }
}
