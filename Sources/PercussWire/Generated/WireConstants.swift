// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// The fixed numbers of the Percuss protocol.
public enum WireConstants {
  /// Longest control frame; one ATT value at the smallest ATT_MTU (23).
  public static let baseFrameLength: Int = 20
  /// Shortest lease that a central may ask for. In milliseconds.
  public static let leaseMinimumMilliseconds: UInt16 = 500
  /// Longest lease that a central may ask for. In milliseconds.
  public static let leaseMaximumMilliseconds: UInt16 = 60000
  /// The lease that a central asks for unless it has a reason. In milliseconds.
  public static let leaseDefaultMilliseconds: UInt16 = 2000
  /// From any speed a stop brings the motor to rest within this time. In milliseconds.
  public static let stopRampMaximumMilliseconds: UInt16 = 500
  /// Longest ramp of one command. In milliseconds.
  public static let rampMaximumMilliseconds: UInt16 = 60000
  /// Shortest segment of a routine. In milliseconds.
  public static let segmentDurationMinimumMilliseconds: UInt32 = 10
  /// Longest segment of a routine, and longest timer: 24 hours. In milliseconds.
  public static let segmentDurationMaximumMilliseconds: UInt32 = 86_400_000
  /// A central that has waited this long for a response repeats the request. In milliseconds.
  public static let responseTimeoutMilliseconds: UInt16 = 3000
  /// Requests of one central whose responses a peripheral keeps for replay.
  public static let replayDepth: Int = 4
  /// Responses that wait for their indication, for one central, beside the one that is sent and unconfirmed; a stop has
  /// a place of its own beyond them.
  public static let responseQueueDepth: Int = 4
  /// Presets are numbered from 1.
  public static let presetCount: UInt8 = 5
  /// The step number when no step is running.
  public static let noStep: UInt16 = 65535
}
