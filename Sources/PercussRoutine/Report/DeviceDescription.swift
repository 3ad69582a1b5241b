/// The device of a run, as the report names it.
public struct DeviceDescription: Codable, Equatable, Sendable {
  /// What it calls itself.
  public var name: String
  /// Its model; nil when it does not say.
  public var model: String?
  /// Its firmware; nil when it does not say.
  public var firmware: String?
  /// Whether it is a virtual device: no motor of metal moved.
  public var isSimulated: Bool
  /// What it can do.
  public var feature: Feature
  /// What it speaks; nil for the Percuss protocol.
  public var dialect: Dialect?

  /// Another dialect than the Percuss protocol.
  public struct Dialect: Codable, Equatable, Sendable {
    /// Its name, as in `theragun-gen4`.
    public var name: String
    /// Whether the device keeps a lease, so that its motor rests whatever is lost.
    public var hasLease: Bool
    /// Revolutions of its motor for 1,000 percussions, as the user stated it: every speed in PPM of the run rests on that. Nil where nothing was stated.
    public var rpmPerThousandPPM: Int?

    /// A description; see the properties.
    public init(name: String, hasLease: Bool, rpmPerThousandPPM: Int?) {
      (self.name, self.hasLease, self.rpmPerThousandPPM) = (name, hasLease, rpmPerThousandPPM)
    }
  }

  /// What a device can do, from its Feature characteristic.
  public struct Feature: Codable, Equatable, Sendable {
    /// The protocol version, as in `1.0`.
    public var version: String
    /// The names of what it can do.
    public var features: [String]
    /// Lowest speed of the turning motor, in PPM.
    public var speedMinimumPPM: Int
    /// Highest speed, in PPM.
    public var speedMaximumPPM: Int
    /// Speeds are multiples of this, in PPM.
    public var speedStepPPM: Int
    /// Highest force limit, in 0.1 N.
    public var forceMaximumDecinewtons: Int
    /// Number of routine slots.
    public var routineSlots: Int
    /// Longest routine in steps.
    public var routineSteps: Int

    /// A description; see the properties.
    public init(
      version: String, features: [String], speedMinimumPPM: Int, speedMaximumPPM: Int, speedStepPPM: Int,
      forceMaximumDecinewtons: Int, routineSlots: Int, routineSteps: Int
    ) {
      self.version = version
      self.features = features
      self.speedMinimumPPM = speedMinimumPPM
      self.speedMaximumPPM = speedMaximumPPM
      self.speedStepPPM = speedStepPPM
      self.forceMaximumDecinewtons = forceMaximumDecinewtons
      self.routineSlots = routineSlots
      self.routineSteps = routineSteps
    }
  }

  /// A description; see the properties.
  public init(
    name: String, model: String?, firmware: String?, isSimulated: Bool, feature: Feature, dialect: Dialect? = nil
  ) {
    self.name = name
    self.model = model
    self.firmware = firmware
    self.isSimulated = isSimulated
    self.feature = feature
    self.dialect = dialect
  }
}

/// The link of a run, as the report names it.
public struct LinkDescription: Codable, Equatable, Sendable {
  /// What carried it: `memory` for the in-memory radio.
  public var transport: String
  /// The connection interval in microseconds; nil when unknown.
  public var connectionIntervalMicroseconds: Int64?
  /// ATT_MTU in bytes; one value is at most 3 bytes less.
  public var maximumTransmissionUnit: Int
  /// The longest time for which nothing came from the device while the routine played, in microseconds; nil when it never played.
  public var longestSilenceMicroseconds: Int64?
  /// What was counted on the link while the run lasted, by name in snake_case.
  public var statistics: [String: Int64]

  /// A description; see the properties.
  public init(
    transport: String, connectionIntervalMicroseconds: Int64?, maximumTransmissionUnit: Int,
    longestSilenceMicroseconds: Int64? = nil, statistics: [String: Int64] = [:]
  ) {
    self.transport = transport
    self.connectionIntervalMicroseconds = connectionIntervalMicroseconds
    self.maximumTransmissionUnit = maximumTransmissionUnit
    self.longestSilenceMicroseconds = longestSilenceMicroseconds
    self.statistics = statistics
  }
}
