internal import PercussDocument

/// Quantities as routine documents write them, for whoever else reads them from text: a command line, a form.
///
/// ```swift
/// try QuantityText.speed("1900 ppm")          // 1900
/// try QuantityText.force("62.5 N")            // 625, in 0.1 N
/// try QuantityText.duration("1 min 30 s")     // .seconds(90)
/// ```
public enum QuantityText {
  /// Why a text is not the quantity it should be.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, without a full stop.
    public let message: String
    /// What would be right, where that can be said.
    public let help: String?

    /// Both, as one line.
    public var description: String { help.map { "\(message) (\($0))" } ?? message }
  }

  /// A duration of 10 ms to 24 h.
  public static func duration(_ text: String) throws(Failure) -> Duration {
    .milliseconds(Int64(try reading { () throws(QuantityError) in try QuantityReader.duration(text) }))
  }

  /// A single speed in PPM.
  public static func speed(_ text: String) throws(Failure) -> UInt16 {
    let quantity = try reading { () throws(QuantityError) in try QuantityReader.speed(text) }
    guard case .single(let speed) = quantity else {
      throw Failure(message: "“\(text.shown)” is more than one speed", help: "write one, as in 1900 ppm")
    }
    return speed
  }

  /// A force above 0, in 0.1 N.
  public static func force(_ text: String) throws(Failure) -> UInt16 {
    try reading { () throws(QuantityError) in try QuantityReader.force(text) }
  }

  /// A short time for a person: `0 µs`, `180 µs`, `2.4 ms`, `1.25 s`.
  public static func short(microseconds: Int64) -> String { RunProfile.short(microseconds: microseconds) }

  /// The size of a drift, in parts per million to a tenth: `12.5`.
  public static func partsPerMillion(_ partsPerBillion: Int64) -> String {
    let tenths = (partsPerBillion.magnitude / 10 + 5) / 10
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func reading<Value>(_ read: () throws(QuantityError) -> Value) throws(Failure) -> Value {
    do throws(QuantityError) {
      return try read()
    } catch {
      throw Failure(message: error.message, help: error.help)
    }
  }
}
