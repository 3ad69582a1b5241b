/// What can be said of a descriptor, or asked about it.
public struct DescriptorEvents: OptionSet, Sendable, Hashable {
  /// The bits.
  public let rawValue: UInt8

  /// Events from their bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Something can be read, or the end of the stream.
  public static let readable = DescriptorEvents(rawValue: 1)
  /// Something can be written.
  public static let writable = DescriptorEvents(rawValue: 2)
  /// The other end is gone. Always told, asked for or not.
  public static let hangUp = DescriptorEvents(rawValue: 4)
  /// The descriptor has an error. Always told, asked for or not.
  public static let error = DescriptorEvents(rawValue: 8)
  /// The timeline was shut down: the handler is not called again. Always told, asked for or not.
  public static let shutDown = DescriptorEvents(rawValue: 16)
}
