/** 怎样抽的: the draw looked at again by the server, step by step, and where one came in it oneself. */
import { sentence } from '../../api/problem';
import * as api from '../../api/spots';

const drawn = ({ holds, aimed, all_drawn, reason, mine, proofs, seed }: Awaited<ReturnType<typeof api.proof>>) => ({
  title: !holds ? '核对不上，请向招商局反映' : aimed ? '这次不是抽签，是指定的' : all_drawn ? '名单里的都抽中了，没有抽签的余地' : '按公布的办法抽的，没有指定谁',
  said: aimed ? `由监督人员指定，须写明理由，并留有记录。${reason && `理由：${reason}`}` : mine ?? '', holds, proofs, seed,
});

Page({
  data: { draw: null as null | ReturnType<typeof drawn>, said: '' },
  id: '',

  onLoad(query: { draw?: string }) {
    this.id = query.draw ?? '';
    this.load();
  },
  async load() {
    try {
      this.setData({ draw: drawn(await api.proof(this.id)), said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
});
