/// How streamed steps were brought to the device ahead of time, and what was known of its clock.
public struct StreamEvidence: Codable, Equatable, Sendable {
  /// How far ahead the device was to have its steps, in microseconds: a stall of the link shorter than that changes none.
  public var lookAheadMicroseconds: Int64
  /// The least time that the device had steps for while more were to come, in microseconds; nil where all were there from the start.
  public var leastAheadMicroseconds: Int64?
  /// How many steps were sent to it, counting each once.
  public var stepCount: Int
  /// How many were sent again because they, or the credits for them, were lost or late.
  public var resentCount: Int
  /// How wrong an instant of the device's clock could be at the end, in microseconds; nil where the device does not offer its clock.
  public var clockUncertaintyMicroseconds: Int64?
  /// How much faster than the host's the device's clock ran, in parts per billion; nil where the run was too short to tell.
  public var clockDriftPartsPerBillion: Int64?

  /// Evidence; see the properties.
  public init(
    lookAheadMicroseconds: Int64, leastAheadMicroseconds: Int64?, stepCount: Int, resentCount: Int,
    clockUncertaintyMicroseconds: Int64?, clockDriftPartsPerBillion: Int64?
  ) {
    self.lookAheadMicroseconds = lookAheadMicroseconds
    self.leastAheadMicroseconds = leastAheadMicroseconds
    self.stepCount = stepCount
    self.resentCount = resentCount
    self.clockUncertaintyMicroseconds = clockUncertaintyMicroseconds
    self.clockDriftPartsPerBillion = clockDriftPartsPerBillion
  }

  enum CodingKeys: String, CodingKey {
    case lookAheadMicroseconds = "look_ahead_us"
    case leastAheadMicroseconds = "least_ahead_us"
    case stepCount = "steps"
    case resentCount = "resent"
    case clockUncertaintyMicroseconds = "clock_uncertainty_us"
    case clockDriftPartsPerBillion = "clock_drift_ppb"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lookAheadMicroseconds, forKey: .lookAheadMicroseconds)
    try container.encode(leastAheadMicroseconds, forKey: .leastAheadMicroseconds)
    try container.encode(stepCount, forKey: .stepCount)
    try container.encode(resentCount, forKey: .resentCount)
    try container.encode(clockUncertaintyMicroseconds, forKey: .clockUncertaintyMicroseconds)
    try container.encode(clockDriftPartsPerBillion, forKey: .clockDriftPartsPerBillion)
  }
}
