// How a report that comes from outside is read: whatever it says, it is safe to draw and to reckon with afterwards.

extension RunReport {
  /// Reads a report of any format: an older one lacks keys, which are then nil; a newer one has more, which are ignored.
  ///
  /// - Throws: `DecodingError` that names the place, also where a number is beyond what a run can have.
  public init(from decoder: any Decoder) throws {
    let marks = try decoder.container(keyedBy: MarkKeys.self)
    guard try marks.decode(String.self, forKey: .type) == Self.typeMark else {
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: marks, debugDescription: "this is no report of a run, whose type is “\(Self.typeMark)”")
    }
    guard try marks.decode(Int.self, forKey: .format) >= 1 else {
      throw DecodingError.dataCorruptedError(forKey: .format, in: marks, debugDescription: "formats are 1 and higher")
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys) throws -> Value { try container.decode(Value.self, forKey: key) }
    func optional<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      try container.decodeIfPresent(Value.self, forKey: key)
    }
    self.init(
      outcome: try value(.outcome), reason: try value(.reason), routine: try value(.routine), mode: try value(.mode),
      device: try value(.device), link: try value(.link), seed: try optional(.seed),
      isVirtualTime: try value(.isVirtualTime), environment: try optional(.environment),
      leaseMilliseconds: try value(.leaseMilliseconds), lossPolicy: try value(.lossPolicy),
      toleranceMicroseconds: try value(.toleranceMicroseconds), latePolicy: try value(.latePolicy),
      leadMicroseconds: try value(.leadMicroseconds), endMicroseconds: try optional(.endMicroseconds),
      rest: try value(.rest), lateness: try value(.lateness), stream: try optional(.stream),
      clocks: try optional(.clocks), steps: try value(.steps), motion: try value(.motion))
    var check = RangeCheck()
    check.report(self)
    if let defect = check.defect {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath + defect.path, debugDescription: defect.message))
    }
  }
}

/// A step of the path to a value.
struct ReportPlace: CodingKey {
  var stringValue: String
  var intValue: Int?

  init(stringValue: String) { self.stringValue = stringValue }

  init(intValue: Int) {
    stringValue = "Index \(intValue)"
    self.intValue = intValue
  }
}

/// Holds the numbers of a report to what any run can have. The first that is beyond is kept.
private struct RangeCheck {
  var defect: (path: [any CodingKey], message: String)?
  private var place: [any CodingKey] = []

  /// In microseconds: more than thirty years.
  private static let time: Int64 = 1_000_000_000_000_000
  private static let quantity = 1_000_000
  private static let amount = 1_000_000_000

  mutating func report(_ report: RunReport) {
    number(report.leaseMilliseconds, "lease_ms", 0...Self.amount)
    duration(report.toleranceMicroseconds, "tolerance_us")
    duration(report.leadMicroseconds, "lead_us")
    instant(report.endMicroseconds, "end_us")
    inside("rest") { $0.instant(report.rest.atMicroseconds, "at_us") }
    inside("routine") {
      $0.number(report.routine.stepCount, "step_count", 0...Self.amount)
      $0.duration(report.routine.durationMicroseconds, "duration_us")
    }
    inside("reason") { $0.number(report.reason.step ?? 0, "step", 0...Self.amount) }
    inside("link") {
      $0.duration(report.link.connectionIntervalMicroseconds, "connection_interval_us")
      $0.duration(report.link.longestSilenceMicroseconds, "longest_silence_us")
    }
    inside("clocks") { check in
      guard let clocks = report.clocks else { return }
      check.instant(clocks.hostStartMicroseconds, "host_start_us")
      check.duration(clocks.uncertaintyMicroseconds, "uncertainty_us")
      check.number(clocks.driftPartsPerBillion ?? 0, "drift_ppb", -Int64(Self.amount)...Int64(Self.amount))
      check.number(clocks.exchangeCount, "exchanges", 0...Self.amount)
      check.number(clocks.resetCount, "resets", 0...Self.amount)
    }
    inside("lateness") { $0.lateness(report.lateness) }
    inside("stream") { check in
      guard let stream = report.stream else { return }
      check.duration(stream.lookAheadMicroseconds, "look_ahead_us")
      check.instant(stream.leastAheadMicroseconds, "least_ahead_us")
      check.duration(stream.clockUncertaintyMicroseconds, "clock_uncertainty_us")
    }
    inside("steps") { check in
      for (index, step) in report.steps.enumerated() { check.inside(index) { $0.step(step, at: index) } }
    }
    inside("motion") { check in
      check.number(report.motion.stride, "stride", 1...Int.max)
      check.inside("samples") { check in
        for (index, sample) in report.motion.samples.enumerated() { check.inside(index) { $0.sample(sample) } }
      }
    }
  }

  private mutating func lateness(_ lateness: LatenessSummary) {
    number(lateness.count, "count", 0...Self.amount)
    number(lateness.earlyCount, "early", 0...Self.amount)
    number(lateness.unobservedCount, "unobserved", 0...Self.amount)
    instant(lateness.p50Microseconds, "p50_us")
    instant(lateness.p90Microseconds, "p90_us")
    instant(lateness.p99Microseconds, "p99_us")
    instant(lateness.p999Microseconds, "p999_us")
    instant(lateness.maximumMicroseconds, "max_us")
  }

  private mutating func step(_ step: StepReport, at index: Int) {
    number(step.index, "index", index...index)
    duration(step.offsetMicroseconds, "offset_us")
    duration(step.durationMicroseconds, "duration_us")
    number(step.speedFromPPM, "speed_from_ppm", 0...Self.quantity)
    number(step.speedToPPM, "speed_to_ppm", 0...Self.quantity)
    number(step.forceLimitDecinewtons ?? 0, "force_limit_decinewtons", 0...Self.quantity)
    instant(step.plannedMicroseconds, "planned_us")
    instant(step.actualMicroseconds, "actual_us")
    instant(step.lateMicroseconds, "late_us")
    duration(step.uncertaintyMicroseconds, "uncertainty_us")
    inside("between_us") { check in
      for (place, instant) in (step.betweenMicroseconds ?? []).enumerated() {
        check.inside(place) { $0.number(instant, -Self.time...Self.time) }
      }
    }
    inside("second_clock") { check in
      guard let second = step.secondClock else { return }
      check.instant(second.plannedMicroseconds, "planned_us")
      check.instant(second.actualMicroseconds, "actual_us")
      check.duration(second.uncertaintyMicroseconds, "uncertainty_us")
    }
  }

  private mutating func sample(_ sample: MotionSample) {
    inside(0) { $0.number(sample.timeMicroseconds, -Self.time...Self.time) }
    let values = [sample.setpointPPM, sample.speedPPM, sample.forceDecinewtons, sample.temperatureDecidegrees]
    for (place, value) in values.enumerated() {
      inside(place + 1) { $0.number(value, -Self.quantity...Self.quantity) }
    }
  }

  // MARK: Places and ranges

  private mutating func inside(_ key: String, _ body: (inout RangeCheck) -> Void) {
    inside(ReportPlace(stringValue: key), body)
  }

  private mutating func inside(_ index: Int, _ body: (inout RangeCheck) -> Void) {
    inside(ReportPlace(intValue: index), body)
  }

  private mutating func inside(_ key: ReportPlace, _ body: (inout RangeCheck) -> Void) {
    guard defect == nil else { return }
    place.append(key)
    body(&self)
    place.removeLast()
  }

  private mutating func instant(_ value: Int64?, _ key: String) {
    number(value ?? 0, key, -Self.time...Self.time)
  }

  private mutating func duration(_ value: Int64?, _ key: String) {
    number(value ?? 0, key, 0...Self.time)
  }

  private mutating func number<Value: BinaryInteger>(_ value: Value, _ key: String, _ range: ClosedRange<Value>) {
    guard !range.contains(value) else { return }
    inside(key) { $0.number(value, range) }
  }

  private mutating func number<Value: BinaryInteger>(_ value: Value, _ range: ClosedRange<Value>) {
    guard defect == nil, !range.contains(value) else { return }
    let right =
      range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    defect = (place, "\(value) is beyond what a run can have: \(right)")
  }
}
