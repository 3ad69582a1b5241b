import ArgumentParser
import Foundation
import Logging
import PercussTime

/// How a log line is written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
  /// For people: time, level, message, then the metadata as `key=value`.
  case text
  /// For collectors: one JSON object a line, with the keys `time`, `level`, `message` and those of the metadata.
  case json
}

/// Writes log events as lines of text or JSON.
struct LineLogHandler: LogHandler {
  let format: LogFormat
  /// The journal keeps time and level itself; there a line begins with the level's number, as in `<6>` (sd-daemon(3)).
  let isForJournal: Bool
  let output: LogOutput
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level

  init(format: LogFormat, level: Logger.Level, isForJournal: Bool, output: LogOutput) {
    self.format = format
    self.isForJournal = isForJournal
    self.output = output
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    if let error = event.error { fields["error"] = "\(error)" }
    output.write(
      Self.line(
        format, isForJournal: isForJournal, at: .ofSystem(), event.level, "\(event.message)",
        fields.map { ($0.key, $0.value) }))
  }

  /// The line of an event, with its metadata in the order of their names.
  static func line(
    _ format: LogFormat, isForJournal: Bool, at time: WallClockInstant, _ level: Logger.Level, _ message: String,
    _ metadata: [(String, Logger.MetadataValue)]
  ) -> String {
    let ordered = metadata.sorted { $0.0 < $1.0 }
    switch format {
    case .json:
      var object: [String: Any] = ["time": "\(time)", "level": level.rawValue, "message": message]
      // The three own keys win; a collector relies on them.
      for (key, value) in ordered where object[key] == nil { object[key] = value.json }
      let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
      guard let data = try? JSONSerialization.data(withJSONObject: object, options: options) else {
        return #"{"level":"error","message":"a log event could not be written as JSON"}"#
      }
      return String(decoding: data, as: UTF8.self)
    case .text:
      let details = ordered.map { " \($0)=\($1.text)" }.joined()
      let beginning = isForJournal ? "<\(level.priority)>" : "\(time) \(level.rawValue) "
      return beginning + message.replacing("\n", with: " ") + details
    }
  }
}

extension Logger.MetadataValue {
  /// Without quotes where it is one word.
  fileprivate var text: String {
    let text = "\(self)"
    let isWord = !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\"" }
    return isWord
      ? text
      : "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
  }

  fileprivate var json: Any {
    switch self {
    case .string(let text): text
    case .stringConvertible(let value): (value as? Int).map { $0 as Any } ?? "\(value)"
    case .dictionary(let values): values.mapValues(\.json)
    case .array(let values): values.map(\.json)
    }
  }
}

extension Logger.Level {
  /// The priority of syslog(3).
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
