// The tags that WeChat itself provides; in the browser <view> becomes <wx-view>.
export const BUILTIN_TAGS = [
  'view', 'text', 'image', 'icon', 'rich-text', 'progress', 'navigator', 'label', 'cover-view', 'cover-image',
  'scroll-view', 'swiper', 'swiper-item', 'movable-area', 'movable-view', 'root-portal', 'page-container', 'page-meta',
  'navigation-bar', 'match-media', 'button', 'form', 'input', 'textarea', 'switch', 'checkbox', 'checkbox-group', 'radio',
  'radio-group', 'slider', 'picker', 'picker-view', 'picker-view-column', 'camera', 'canvas', 'map', 'video', 'web-view',
];
