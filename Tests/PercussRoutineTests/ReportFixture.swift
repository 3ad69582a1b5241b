import PercussRoutine

/// Reports made by hand, for the tests of the written form and of the pictures.
enum ReportFixture {
  static let device = DeviceDescription(
    name: "Percuss Elite", model: "elite", firmware: nil, isSimulated: true,
    feature: .init(
      version: "1.0", features: ["routines", "wait", "force_limit"], speedMinimumPPM: 1750, speedMaximumPPM: 2400,
      speedStepPPM: 10, forceMaximumDecinewtons: 1780, routineSlots: 4, routineSteps: 1000))

  static let link = LinkDescription(
    transport: "memory", connectionIntervalMicroseconds: 30_000, maximumTransmissionUnit: 247,
    statistics: ["notifications_dropped": 0, "connection_events": 5_000])

  /// Two seconds of hold, one of ramp, one of rest; the last step not begun.
  static var small: RunReport {
    var steps = [
      step(0, .hold, "Calf", 0, 2_000_000, 1900, 1900, 600), step(1, .ramp, nil, 2_000_000, 1_000_000, 1900, 2400, 600),
      step(2, .rest, nil, 3_000_000, 1_000_000, 0, 0, nil),
    ]
    enter(&steps[0], late: 0)
    enter(&steps[1], late: 120)
    return report(
      .stopped, RunReason(.interrupted, "The run was interrupted in step 1.", step: 1), steps, end: 2_500_000,
      rest: 2_900_000,
      samples: [(0, 0, 0), (400, 1900, 1100), (1_000, 1900, 1900), (2_400, 2100, 2090), (2_900, 0, 0)].map {
        MotionSample(
          timeMicroseconds: $0.0 * 1_000, setpointPPM: $0.1, speedPPM: $0.2, forceDecinewtons: $0.2 / 4,
          temperatureDecidegrees: 250)
      })
  }

  /// The same, streamed.
  static var streamed: RunReport {
    var report = small
    report.mode = .streamed
    report.stream = StreamEvidence(
      lookAheadMicroseconds: 2_000_000, leastAheadMicroseconds: 2_400_000, stepCount: 3, resentCount: 1,
      clockUncertaintyMicroseconds: 8_200, clockDriftPartsPerBillion: nil)
    return report
  }

  /// The routine of the documentation: hold, ramp, rest, pulses, a wait of twelve seconds, and the other leg.
  static func calves(late: [Int: Int64] = [:]) -> RunReport {
    var steps: [StepReport] = []
    var offset: Int64 = 0
    var shift: Int64 = 0
    func add(_ kind: StepReport.Kind, _ name: String?, _ seconds: Int64, _ from: Int, _ to: Int, path: String) {
      var next = step(steps.count, kind, name, offset, seconds * 1_000_000, from, to, kind == .hold ? 600 : 800)
      next.path = path
      next.plannedMicroseconds = offset + shift
      enter(&next, late: late[next.index] ?? Int64(next.index % 5) * 40)
      steps.append(next)
      if kind == .wait { shift += 12_000_000 } else { offset += seconds * 1_000_000 }
    }
    for leg in ["Left calf", "Right calf"] {
      let place = leg == "Left calf" ? 0 : 5
      add(.hold, leg, 30, 1900, 1900, path: "steps[\(place)]")
      add(.ramp, "Faster", 10, 1750, 2400, path: "steps[\(place + 1)]")
      add(.rest, "Breathe", 5, 0, 0, path: "steps[\(place + 2)]")
      for half in 0..<20 {
        add(.hold, "Pulse", 1, half % 2 == 0 ? 1750 : 2200, half % 2 == 0 ? 1750 : 2200, path: "steps[\(place + 3)]")
      }
      if leg == "Left calf" { add(.wait, "Other leg", 60, 0, 0, path: "steps[4]") }
    }
    let end = offset + shift
    var samples: [MotionSample] = []
    var speed = 0.0
    var noise: UInt64 = 1
    for time in stride(from: Int64(0), through: end + 600_000, by: 200_000) {
      let current = steps.last { $0.plannedMicroseconds <= time }
      var setpoint = 0
      if let current, time < end {
        let part = min(1, Double(time - current.plannedMicroseconds) / Double(current.durationMicroseconds))
        setpoint = current.speedFromPPM + Int(Double(current.speedToPPM - current.speedFromPPM) * part)
      }
      speed = Double(setpoint) < speed ? Double(setpoint) : speed + (Double(setpoint) - speed) * 0.75
      noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let force = speed > 0 ? 350 + Int(noise >> 58) + Int(speed) / 20 : 0
      samples.append(
        MotionSample(
          timeMicroseconds: time, setpointPPM: setpoint, speedPPM: Int(speed), forceDecinewtons: force,
          temperatureDecidegrees: 250 + Int(time / 4_000_000)))
    }
    let missed = late.keys.min()
    return report(
      missed == nil ? .completed : .missed,
      missed.map {
        RunReason(
          .late, "Step \($0) began 31 ms late; at most 20 ms are allowed. Use uploaded mode on this link.", step: $0)
      } ?? RunReason(.completed, "The routine was played to its end."), steps, end: end, rest: end + 400_000,
      samples: samples)
  }

  /// A run that never began.
  static var nothing: RunReport {
    var report = report(
      .failed, RunReason(.controlHeld, "Another central holds the lease: wait until it gives it back or falls silent."),
      [step(0, .wait, nil, 0, 60_000_000, 0, 0, nil)], end: 0, rest: 0, samples: [])
    report.endMicroseconds = nil
    report.seed = nil
    report.rest = RestEvidence(isVerified: false, atMicroseconds: nil)
    report.link.connectionIntervalMicroseconds = nil
    return report
  }

  /// A day of 86,400 steps with 20,000 samples.
  static var long: RunReport {
    let steps = (0..<86_400).map { index in
      var step = step(
        index, .hold, index % 2 == 0 ? "even" : "odd", Int64(index) * 1_000_000, 1_000_000, 1900, 1900, 600)
      enter(&step, late: Int64(index % 7))
      return step
    }
    let samples = (0..<20_000).map {
      MotionSample(
        timeMicroseconds: Int64($0) * 4_320_000, setpointPPM: 1900, speedPPM: 1890 + $0 % 11,
        forceDecinewtons: $0 % 600,
        temperatureDecidegrees: 300)
    }
    return report(
      .completed, RunReason(.completed, "The routine was played to its end."), steps, end: 86_400_000_000,
      rest: 86_400_400_000, samples: samples)
  }

  static func step(
    _ index: Int, _ kind: StepReport.Kind, _ name: String?, _ offset: Int64, _ duration: Int64, _ from: Int, _ to: Int,
    _ limit: Int?
  ) -> StepReport {
    StepReport(
      index: index, path: "steps[\(index)]", name: name, kind: kind, offsetMicroseconds: offset,
      durationMicroseconds: duration, speedFromPPM: from, speedToPPM: to, forceLimitDecinewtons: limit, clock: .device)
  }

  static func enter(_ step: inout StepReport, late: Int64) {
    step.actualMicroseconds = step.plannedMicroseconds + late
    step.lateMicroseconds = late
    step.uncertaintyMicroseconds = 1
    step.observation = .event
  }

  static func report(
    _ outcome: RunOutcome, _ reason: RunReason, _ steps: [StepReport], end: Int64, rest: Int64, samples: [MotionSample]
  ) -> RunReport {
    RunReport(
      outcome: outcome, reason: reason,
      routine: RoutineSummary(
        name: "Post-run calves", stepCount: steps.count,
        durationMicroseconds: steps.lazy.filter { $0.kind != .wait }.map(\.durationMicroseconds).reduce(0, +)),
      mode: .uploaded, device: device, link: link, seed: 7, isVirtualTime: true, leaseMilliseconds: 2_000,
      lossPolicy: .stop, toleranceMicroseconds: 20_000, latePolicy: .stop, leadMicroseconds: 0, endMicroseconds: end,
      rest: RestEvidence(isVerified: true, atMicroseconds: rest), steps: steps,
      motion: MotionTrace(source: .telemetry, samples: samples))
  }
}
