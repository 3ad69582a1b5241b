public import PercussGATT

/// What two conversations differ in at one place.
public struct ConversationDifference: Equatable, Sendable {
  /// What kind of difference it is.
  public var kind: Kind
  /// The characteristic.
  public var characteristic: BluetoothUUID
  /// What was said: the name of its frame with the fields that tell which one, or what was done.
  public var what: String
  /// The place in the first conversation; nil for what is additional.
  public var expected: Place?
  /// The place in the second conversation; nil for what is missing.
  public var actual: Place?
  /// How many values in a row show it, or are missing or additional.
  public var count = 1
  /// Of a change, the fields that differ.
  public var fields: [Field] = []

  /// What kind of difference it is.
  public enum Kind: String, Sendable {
    /// Both have it, and fields differ.
    case changed
    /// The second lacks it.
    case missing
    /// The first lacks it.
    case additional
    /// Both have it, between other values.
    case moved
    /// From here on they resemble each other too little to tell more.
    case unlike
  }

  /// A place in a conversation.
  public struct Place: Equatable, Sendable {
    /// The item's number.
    public var item: Int
    /// The record of the capture; nil where there is none.
    public var record: Int?
    /// Nanoseconds since the connection's beginning; of a second conversation in the time of the first.
    public var time: Int64

    /// A place.
    public init(item: Int, record: Int?, time: Int64) {
      self.item = item
      self.record = record
      self.time = time
    }
  }

  /// A field that differs, in words.
  public struct Field: Equatable, Sendable {
    /// Its name; `answer`, `value`, `frame` and `time` are not fields of frames.
    public var name: String
    /// What the first conversation has.
    public var expected: String
    /// What the second one has.
    public var actual: String

    /// A field that differs.
    public init(_ name: String, expected: String, actual: String) {
      self.name = name
      self.expected = expected
      self.actual = actual
    }
  }
}
