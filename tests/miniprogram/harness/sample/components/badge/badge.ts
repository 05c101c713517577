Component({
  properties: { text: String, count: { type: Number, value: 0 } },
  data: { label: '' },
  observers: { 'text, count'(text: string, count: number) { this.setData({ label: `${text} × ${count}` }); } },
  methods: { tapped() { this.triggerEvent('pressed', { count: this.data.count }); } },
});
