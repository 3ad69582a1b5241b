// How the report is written. Synthesised encoding would leave out what is nil; here the key stays and says null, so that a reader finds every key in
// every report. The keys are not private because the compiler (6.3.1) fails to link private ones to the synthesised decoding in another file.

extension RunReport {
  /// The version of the written form; see `protocol-spec/report.md`. A higher one only adds keys.
  public static let formatVersion = 2

  enum CodingKeys: String, CodingKey {
    case outcome
    case reason
    case routine
    case mode
    case device
    case link
    case seed
    case isVirtualTime = "virtual_time"
    case environment
    case leaseMilliseconds = "lease_ms"
    case lossPolicy = "loss_policy"
    case toleranceMicroseconds = "tolerance_us"
    case latePolicy = "late_policy"
    case leadMicroseconds = "lead_us"
    case endMicroseconds = "end_us"
    case rest
    case lateness
    case stream
    case clocks
    case steps
    case motion
  }

  /// What is written beside the properties: the marks of the form, and what follows from the rest.
  enum MarkKeys: String, CodingKey {
    case type, format, guarantees
  }

  /// What marks a report among the other lines of a JSON Lines stream.
  static let typeMark = "result"

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var marks = encoder.container(keyedBy: MarkKeys.self)
    try marks.encode(Self.typeMark, forKey: .type)
    try marks.encode(Self.formatVersion, forKey: .format)
    try marks.encode(guarantees, forKey: .guarantees)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(reason, forKey: .reason)
    try container.encode(routine, forKey: .routine)
    try container.encode(mode, forKey: .mode)
    try container.encode(device, forKey: .device)
    try container.encode(link, forKey: .link)
    try container.encode(seed, forKey: .seed)
    try container.encode(isVirtualTime, forKey: .isVirtualTime)
    try container.encode(environment, forKey: .environment)
    try container.encode(leaseMilliseconds, forKey: .leaseMilliseconds)
    try container.encode(lossPolicy, forKey: .lossPolicy)
    try container.encode(toleranceMicroseconds, forKey: .toleranceMicroseconds)
    try container.encode(latePolicy, forKey: .latePolicy)
    try container.encode(leadMicroseconds, forKey: .leadMicroseconds)
    try container.encode(endMicroseconds, forKey: .endMicroseconds)
    try container.encode(rest, forKey: .rest)
    try container.encode(lateness, forKey: .lateness)
    try container.encode(stream, forKey: .stream)
    try container.encode(clocks, forKey: .clocks)
    try container.encode(steps, forKey: .steps)
    try container.encode(motion, forKey: .motion)
  }
}

extension PlayMode: Codable {}

extension Guarantee: Encodable {
  enum CodingKeys: String, CodingKey {
    case name, promise, limits, status, step, evidence, measured
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(promise.text, forKey: .promise)
    try container.encode(promise.limits, forKey: .limits)
    try container.encode(status, forKey: .status)
    try container.encode(step, forKey: .step)
    try container.encode(evidence, forKey: .evidence)
    try container.encode(measured, forKey: .measured)
  }
}

extension RunReason {
  enum CodingKeys: String, CodingKey {
    case code
    case message
    case step
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encode(step, forKey: .step)
  }
}

extension RoutineSummary {
  enum CodingKeys: String, CodingKey {
    case name
    case stepCount = "step_count"
    case durationMicroseconds = "duration_us"
    case leavesOutForce = "without_force"
  }
}

extension RestEvidence {
  enum CodingKeys: String, CodingKey {
    case isVerified = "verified"
    case atMicroseconds = "at_us"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isVerified, forKey: .isVerified)
    try container.encode(atMicroseconds, forKey: .atMicroseconds)
  }
}

extension LatenessSummary {
  enum CodingKeys: String, CodingKey {
    case count
    case earlyCount = "early"
    case unobservedCount = "unobserved"
    case p50Microseconds = "p50_us"
    case p90Microseconds = "p90_us"
    case p99Microseconds = "p99_us"
    case p999Microseconds = "p999_us"
    case maximumMicroseconds = "max_us"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
    try container.encode(earlyCount, forKey: .earlyCount)
    try container.encode(unobservedCount, forKey: .unobservedCount)
    try container.encode(p50Microseconds, forKey: .p50Microseconds)
    try container.encode(p90Microseconds, forKey: .p90Microseconds)
    try container.encode(p99Microseconds, forKey: .p99Microseconds)
    try container.encode(p999Microseconds, forKey: .p999Microseconds)
    try container.encode(maximumMicroseconds, forKey: .maximumMicroseconds)
  }
}

extension StepReport {
  enum CodingKeys: String, CodingKey {
    case index
    case path
    case name
    case kind
    case offsetMicroseconds = "offset_us"
    case durationMicroseconds = "duration_us"
    case speedFromPPM = "speed_from_ppm"
    case speedToPPM = "speed_to_ppm"
    case forceLimitDecinewtons = "force_limit_decinewtons"
    case plannedMicroseconds = "planned_us"
    case actualMicroseconds = "actual_us"
    case lateMicroseconds = "late_us"
    case clock
    case uncertaintyMicroseconds = "uncertainty_us"
    case secondClock = "second_clock"
    case observation
    case betweenMicroseconds = "between_us"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(index, forKey: .index)
    try container.encode(path, forKey: .path)
    try container.encode(name, forKey: .name)
    try container.encode(kind, forKey: .kind)
    try container.encode(offsetMicroseconds, forKey: .offsetMicroseconds)
    try container.encode(durationMicroseconds, forKey: .durationMicroseconds)
    try container.encode(speedFromPPM, forKey: .speedFromPPM)
    try container.encode(speedToPPM, forKey: .speedToPPM)
    try container.encode(forceLimitDecinewtons, forKey: .forceLimitDecinewtons)
    try container.encode(plannedMicroseconds, forKey: .plannedMicroseconds)
    try container.encode(actualMicroseconds, forKey: .actualMicroseconds)
    try container.encode(lateMicroseconds, forKey: .lateMicroseconds)
    try container.encode(clock, forKey: .clock)
    try container.encode(uncertaintyMicroseconds, forKey: .uncertaintyMicroseconds)
    try container.encode(secondClock, forKey: .secondClock)
    try container.encode(observation, forKey: .observation)
    try container.encode(betweenMicroseconds, forKey: .betweenMicroseconds)
  }
}

extension DeviceDescription {
  enum CodingKeys: String, CodingKey {
    case name
    case model
    case firmware
    case isSimulated = "simulated"
    case feature
    case dialect
  }

  /// Writes every key, with null for what is nil; `dialect` only for another than the Percuss protocol.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(model, forKey: .model)
    try container.encode(firmware, forKey: .firmware)
    try container.encode(isSimulated, forKey: .isSimulated)
    try container.encode(feature, forKey: .feature)
    try container.encodeIfPresent(dialect, forKey: .dialect)
  }
}

extension DeviceDescription.Dialect {
  enum CodingKeys: String, CodingKey {
    case name
    case hasLease = "has_lease"
    case rpmPerThousandPPM = "rpm_per_thousand_ppm"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(hasLease, forKey: .hasLease)
    try container.encode(rpmPerThousandPPM, forKey: .rpmPerThousandPPM)
  }
}

extension DeviceDescription.Feature {
  enum CodingKeys: String, CodingKey {
    case version
    case features
    case speedMinimumPPM = "speed_minimum_ppm"
    case speedMaximumPPM = "speed_maximum_ppm"
    case speedStepPPM = "speed_step_ppm"
    case forceMaximumDecinewtons = "force_maximum_decinewtons"
    case routineSlots = "routine_slots"
    case routineSteps = "routine_steps"
  }
}

extension LinkDescription {
  enum CodingKeys: String, CodingKey {
    case transport
    case connectionIntervalMicroseconds = "connection_interval_us"
    case maximumTransmissionUnit = "att_mtu"
    case longestSilenceMicroseconds = "longest_silence_us"
    case statistics
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(transport, forKey: .transport)
    try container.encode(connectionIntervalMicroseconds, forKey: .connectionIntervalMicroseconds)
    try container.encode(maximumTransmissionUnit, forKey: .maximumTransmissionUnit)
    try container.encode(longestSilenceMicroseconds, forKey: .longestSilenceMicroseconds)
    try container.encode(statistics, forKey: .statistics)
  }
}

extension MotionTrace: Codable {
  enum CodingKeys: String, CodingKey {
    case source, clock, stride, columns, samples
  }

  /// The names of the numbers of a sample, in their order.
  static let columns = ["time_us", "setpoint_ppm", "speed_ppm", "force_decinewtons", "temperature_decidegrees"]

  /// Reads a trace.
  ///
  /// - Throws: `DecodingError` when the columns are not those of this version.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let columns = try container.decode([String].self, forKey: .columns)
    guard columns == Self.columns else {
      throw DecodingError.dataCorruptedError(
        forKey: .columns, in: container,
        debugDescription: "expected the columns \(Self.columns.joined(separator: ", "))")
    }
    source = try container.decode(Source.self, forKey: .source)
    clock = try container.decode(StepReport.Clock.self, forKey: .clock)
    stride = try container.decode(Int.self, forKey: .stride)
    samples = try container.decode([MotionSample].self, forKey: .samples)
  }

  /// Writes a trace.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(clock, forKey: .clock)
    try container.encode(stride, forKey: .stride)
    try container.encode(Self.columns, forKey: .columns)
    try container.encode(samples, forKey: .samples)
  }
}

extension MotionSample: Codable {
  /// Reads a sample: five integers in the order of the trace's columns.
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    timeMicroseconds = try container.decode(Int64.self)
    setpointPPM = try container.decode(Int.self)
    speedPPM = try container.decode(Int.self)
    forceDecinewtons = try container.decode(Int.self)
    temperatureDecidegrees = try container.decode(Int.self)
  }

  /// Writes a sample as five integers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(timeMicroseconds)
    try container.encode(setpointPPM)
    try container.encode(speedPPM)
    try container.encode(forceDecinewtons)
    try container.encode(temperatureDecidegrees)
  }
}
