/** A state as word, colour and shape together: colour is never the only sign. */
import { SHAPE, WORD, type State } from '../../words';

Component({
  properties: { state: { type: String, value: 'none' }, word: { type: String, value: '' } },
  data: { shape: '', said: '' },
  observers: {
    'state, word'(state: State, word: string) {
      this.setData({ shape: SHAPE[state] ?? '○', said: word || WORD[state] || '' });
    },
  },
});
