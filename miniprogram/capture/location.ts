/** Where the phone is now: asked for at a check-in, at a lead's update when its writer wants it there, when somebody wants to
 * know how far the station is (which stays on the phone), and nowhere else. */

export interface Fix { lat: number; lng: number; accuracy_m: number; datum: 'wgs84' }
/** refused: by the person, to us; barred: by the phone's system, to WeChat; off: the phone's own switch. */
export type NoFix = 'refused' | 'barred' | 'off' | 'failed';

const SAME_MS = 25_000; // within 30 s WeChat answers with the same fix, or refuses for being asked too often

let last: { fix: Fix; at: number } | null = null;

/** Throws a NoFix. */
export function locate(): Promise<Fix> {
  if (last && Date.now() - last.at < SAME_MS) return Promise.resolve(last.fix);
  return new Promise((resolve, reject: (why: NoFix) => void) => wx.getLocation({
    type: 'wgs84', isHighAccuracy: true, highAccuracyExpireTime: 4000,
    success: (r) => {
      last = { fix: { lat: r.latitude, lng: r.longitude, accuracy_m: r.accuracy, datum: 'wgs84' }, at: Date.now() };
      resolve(last.fix);
    },
    fail: (e) => reject(why(e.errMsg)),
  }));
}

function why(message: string): NoFix {
  if (/system permission/.test(message)) return 'barred';
  if (/auth|privacy/.test(message)) return 'refused';
  if (/LOCATIONSWITCHOFF/.test(message)) return 'off';
  return 'failed';
}

/** What the person reads, and may do. */
export const NO_FIX: Record<NoFix, { said: string; action: string }> = {
  refused: { said: '没有允许使用位置，打卡就不知道您在哪里。', action: '去允许' },
  barred: { said: '手机系统没有允许微信使用位置。到“系统设置 → 微信 → 位置”里允许，回来会自动定位。', action: '去系统设置' },
  off: { said: '手机的定位开关没有打开。打开后再点“重新定位”。', action: '重新定位' },
  failed: { said: '暂时没有定到位。到窗边或室外再试一次。', action: '重新定位' },
};

/** Open the settings where the person can change that, if there are any. */
export async function mend(why: NoFix): Promise<void> {
  if (why === 'refused') await wx.openSetting({}).catch(() => undefined);
  if (why === 'barred') await wx.openAppAuthorizeSetting({}).catch(() => undefined);
}
