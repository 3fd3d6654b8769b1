// The emoji names that cloud messages are made of; another name is shown as it stands.

const EMOJI = {
  alarm_clock: '⏰', arrow_down: '⬇️', arrow_right: '➡️', arrow_up: '⬆️', arrows_counterclockwise: '🔄',
  bell: '🔔', black_circle: '⚫', blue_circle: '🔵', bomb: '💣', boom: '💥', broom: '🧹', bulb: '💡',
  calendar: '📆', chart_with_downwards_trend: '📉', chart_with_upwards_trend: '📈', checkered_flag: '🏁',
  clipboard: '📋', cloud: '☁️', construction: '🚧', cyclone: '🌀', exclamation: '❗', eyes: '👀', fire: '🔥',
  gear: '⚙️', ghost: '👻', grey_question: '❔', hammer_and_wrench: '🛠️', heavy_check_mark: '✔️',
  heavy_minus_sign: '➖', heavy_plus_sign: '➕', hourglass: '⌛', hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️', key: '🔑', label: '🏷️', large_blue_circle: '🔵', large_green_circle: '🟢',
  large_orange_circle: '🟠', large_purple_circle: '🟣', large_yellow_circle: '🟡', link: '🔗', lock: '🔒',
  mag: '🔍', memo: '📝', moneybag: '💰', new: '🆕', no_bell: '🔕', no_entry: '⛔', no_entry_sign: '🚫',
  octagonal_sign: '🛑', package: '📦', pause_button: '⏸️', pencil2: '✏️', point_right: '👉', pushpin: '📌',
  question: '❓', recycle: '♻️', red_circle: '🔴', robot_face: '🤖', rocket: '🚀', rotating_light: '🚨',
  satellite: '🛰️', scroll: '📜', seedling: '🌱', shield: '🛡️', skull: '💀', sparkles: '✨', stop_sign: '🛑',
  stopwatch: '⏱️', table_tennis_paddle_and_ball: '🏓', tada: '🎉', test_tube: '🧪', toolbox: '🧰', warning: '⚠️',
  wastebasket: '🗑️', wave: '👋', white_check_mark: '✅', white_circle: '⚪', wrench: '🔧', x: '❌', zap: '⚡',
};

export function emoji(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : null;
}
