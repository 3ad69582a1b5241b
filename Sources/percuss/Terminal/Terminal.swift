import Foundation
import PercussRoutine

/// What the standard output can show.
struct Terminal: Sendable {
  /// Standard output is a terminal: progress may be redrawn in place.
  let isInteractive: Bool
  /// Colours may be used: a terminal, and `NO_COLOR` is not set (https://no-color.org).
  let usesColor: Bool
  /// Columns; 80 where unknown.
  let width: Int
  /// The locale can show more than ASCII.
  let usesUnicode: Bool

  static func ofStandardOutput() -> Terminal {
    let environment = ProcessInfo.processInfo.environment
    let interactive = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    let noColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return Terminal(
      isInteractive: interactive, usesColor: interactive && !noColor, width: columns(environment: environment),
      usesUnicode: showsUnicode(environment))
  }

  /// Without any locale, as in most containers, the terminal itself most likely can.
  private static func showsUnicode(_ environment: [String: String]) -> Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    if ["C", "POSIX"].contains(locale) { return false }
    guard let charset = locale.split(separator: ".").dropFirst().first else { return true }
    return charset.lowercased().hasPrefix("utf")
  }

  private static func columns(environment: [String: String]) -> Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 { return min(Int(size.ws_col), 240) }
    if let text = environment["COLUMNS"], let columns = Int(text), (20...240).contains(columns) { return columns }
    return 80
  }

  /// How pictures are drawn on it.
  var pictureOptions: RunPicture.Options {
    RunPicture.Options(width: width, characters: usesUnicode ? .unicode : .ascii, colour: usesColor)
  }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  func styled(_ text: String, _ style: Style) -> String {
    usesColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
