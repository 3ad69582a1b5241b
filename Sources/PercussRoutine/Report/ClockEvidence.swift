/// How the two clocks of a run belong together: what they showed at its start, and how well that is known.
///
/// The start of the run is an instant of the clock that kept the time. What the other clock showed then is an estimate; it is made once and not changed
/// afterwards, so that each instant by that clock is uncertain by its own conversion only.
public struct ClockEvidence: Codable, Equatable, Sendable {
  /// What the device's clock showed at the start of the run, in microseconds.
  public var deviceStartMicroseconds: UInt64
  /// What the host's monotonic clock showed at the start of the run, in microseconds.
  public var hostStartMicroseconds: Int64
  /// How wrong an instant that is converted at the end of the run can be, in microseconds; nil where that is in doubt.
  public var uncertaintyMicroseconds: Int64?
  /// How much faster than the host's the device's clock ran, in parts per billion; nil where the run was too short to tell.
  public var driftPartsPerBillion: Int64?
  /// How many exchanges of clock readings it rests on.
  public var exchangeCount: Int
  /// How often the device's clock has begun anew, or jumped.
  public var resetCount: Int

  /// Evidence; see the properties.
  public init(
    deviceStartMicroseconds: UInt64, hostStartMicroseconds: Int64, uncertaintyMicroseconds: Int64?,
    driftPartsPerBillion: Int64?, exchangeCount: Int, resetCount: Int
  ) {
    self.deviceStartMicroseconds = deviceStartMicroseconds
    self.hostStartMicroseconds = hostStartMicroseconds
    self.uncertaintyMicroseconds = uncertaintyMicroseconds
    self.driftPartsPerBillion = driftPartsPerBillion
    self.exchangeCount = exchangeCount
    self.resetCount = resetCount
  }

  enum CodingKeys: String, CodingKey {
    case deviceStartMicroseconds = "device_start_us"
    case hostStartMicroseconds = "host_start_us"
    case uncertaintyMicroseconds = "uncertainty_us"
    case driftPartsPerBillion = "drift_ppb"
    case exchangeCount = "exchanges"
    case resetCount = "resets"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(deviceStartMicroseconds, forKey: .deviceStartMicroseconds)
    try container.encode(hostStartMicroseconds, forKey: .hostStartMicroseconds)
    try container.encode(uncertaintyMicroseconds, forKey: .uncertaintyMicroseconds)
    try container.encode(driftPartsPerBillion, forKey: .driftPartsPerBillion)
    try container.encode(exchangeCount, forKey: .exchangeCount)
    try container.encode(resetCount, forKey: .resetCount)
  }
}

/// The instants of a step by the clock that did not keep the time.
public struct SecondClock: Codable, Equatable, Sendable {
  /// Whose clock it is.
  public var clock: StepReport.Clock
  /// When the step should have begun, in microseconds from the start of the run.
  public var plannedMicroseconds: Int64
  /// When it began, in microseconds from the start of the run.
  public var actualMicroseconds: Int64
  /// How wrong either can be, to either side, in microseconds.
  public var uncertaintyMicroseconds: Int64

  /// Instants; see the properties.
  public init(
    clock: StepReport.Clock, plannedMicroseconds: Int64, actualMicroseconds: Int64, uncertaintyMicroseconds: Int64
  ) {
    self.clock = clock
    self.plannedMicroseconds = plannedMicroseconds
    self.actualMicroseconds = actualMicroseconds
    self.uncertaintyMicroseconds = uncertaintyMicroseconds
  }

  enum CodingKeys: String, CodingKey {
    case clock
    case plannedMicroseconds = "planned_us"
    case actualMicroseconds = "actual_us"
    case uncertaintyMicroseconds = "uncertainty_us"
  }
}
