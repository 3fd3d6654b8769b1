// Signs of one line's width, drawn from paths: nothing is fetched, and no text becomes markup.

const PATHS = {
  chat: 'M4 5h16v11H9l-5 4z',
  bell: 'M12 4a5 5 0 0 0-5 5c0 5-2 6-2 8h14c0-2-2-3-2-8a5 5 0 0 0-5-5zM10 20h4',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  pen: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 3',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500L20 20',
  plus: 'M12 5v14M5 12h14',
  check: 'M5 13l4 4L19 7',
  cross: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 4L2.500 20h19zM12 10v4M12 17v.500',
  pause: 'M9 6v12M15 6v12',
  again: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  wait: 'M7 4h10M7 20h10M8 4c0 4 8 8 8 16M16 4c0 4-8 8-8 16',
  skip: 'M5 6l7 6-7 6zM13 6l7 6-7 6z',
  right: 'M9 6l6 6-6 6',
  down: 'M6 9l6 6 6-6',
  left: 'M15 6l-6 6 6 6',
  thread: 'M6 4v8a4 4 0 0 0 4 4h9M15 12l4 4-4 4',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
};

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
