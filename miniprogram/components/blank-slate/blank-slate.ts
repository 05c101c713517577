/** What a page says when it has nothing to show: why, and what comes next. */
Component({
  properties: { title: { type: String, value: '' }, text: { type: String, value: '' }, action: { type: String, value: '' } },
  methods: { act() { this.triggerEvent('act'); } },
});
