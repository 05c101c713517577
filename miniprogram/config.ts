/** Where the server is, by the stage this copy of the mini-program runs in. */
type Stage = 'develop' | 'trial' | 'release';

// Filled in once by whoever publishes it (README); the host must stand in the console's list of domains.
const SERVER: Record<Stage, string> = {
  develop: 'http://127.0.0.1:8000',
  trial: 'https://zhudian.example.gov.cn',
  release: 'https://zhudian.example.gov.cn',
};

/** The server's address without a slash at its end. A developer's copy may be pointed elsewhere by storage `server`. */
export function server(): string {
  const stage = wx.getAccountInfoSync().miniProgram.envVersion as Stage;
  const elsewhere = stage === 'develop' ? String(wx.getStorageSync('server') || '') : '';
  return elsewhere || SERVER[stage];
}
