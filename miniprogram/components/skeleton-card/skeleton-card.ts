/** The shape of what is on its way, so that nothing jumps when it comes. */
Component({ properties: { lines: { type: Number, value: 3 } } });
