import Foundation

/// One JSON object on one line, its keys in alphabetical order, so that equal values are equal bytes.
enum JSONLine {
  static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // What is printed holds numbers, texts and booleans only, which always encode.
    guard let data = try? encoder.encode(value) else { return #"{"type":"error","message":"not encodable"}"# }
    return String(decoding: data, as: UTF8.self)
  }
}
