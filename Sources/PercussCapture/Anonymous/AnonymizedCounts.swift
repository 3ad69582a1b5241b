/// What a ``CaptureAnonymizer`` has replaced and emptied.
public struct AnonymizedCounts: Equatable, Sendable {
  /// Records written: as many as there were, but for those longer than any packet.
  public var records = 0
  /// Places where an address was replaced.
  public var addresses = 0
  /// Device names replaced, in advertising data and in values.
  public var names = 0
  /// Texts of Device Information and descriptions replaced.
  public var texts = 0
  /// Other advertising fields emptied: manufacturer data, service data and whatever is not known.
  public var advertisingFields = 0
  /// Values emptied whose characteristic is not known to be harmless, or not known at all.
  public var values = 0
  /// Security Manager PDUs emptied: keys.
  public var securityPackets = 0
  /// HCI commands and events whose parameters were emptied, link keys among them.
  public var hciPackets = 0
  /// Packets of other channels and of audio emptied.
  public var otherPackets = 0
  /// Notes of the recording system emptied.
  public var notes = 0

  /// Nothing yet.
  public init() {}
}
