import PercussClient
import PercussLink
import PercussTime
import PercussWire

/// Prints what a device reports: a line each, or JSON lines.
struct TelemetryPrinter: Sendable {
  enum Form: Sendable { case text, json }

  private let form: Form
  /// How the speeds of a motor are shown in PPM; nil where nobody stated it.
  private let ratio: SpeedRatio?

  init(_ form: Form, ratio: SpeedRatio? = nil) {
    self.form = form
    self.ratio = ratio
  }

  private struct TelemetryLine: Encodable {
    let type = "telemetry"
    let receivedUs: Int64
    let deviceMs: UInt32
    let counter: UInt8
    let missed: Int
    let state: String
    let speedPpm: UInt16
    let targetPpm: UInt16
    let forceDecinewtons: UInt16
    let temperatureDecidegrees: Int16
    let batteryPercent: UInt8
    let step: UInt16?
    let remainingS: UInt16
    let faults: [String]
  }

  /// What a device tells that is asked for its motor.
  private struct MotorLine: Encodable {
    let type = "telemetry"
    let receivedUs: Int64
    let missed: Int
    let state: String
    let running: Bool
    let speedRpm: UInt16
    let targetRpm: UInt16?
    let speedPpm: UInt16?
    let targetPpm: UInt16?
  }

  private struct EventLine: Encodable {
    let type = "event"
    let receivedUs: Int64?
    let event: String
    let detail: String
  }

  func show(_ sample: TelemetrySample, since start: MonotonicInstant) {
    let telemetry = sample.telemetry
    let step = telemetry.step == WireConstants.noStep ? nil : telemetry.step
    let at = start.duration(to: sample.receivedAt).wholeMicroseconds
    if let motor = sample.motor { return show(motor, of: sample, at: at) }
    switch form {
    case .json:
      say(
        JSONLine.text(
          TelemetryLine(
            receivedUs: at, deviceMs: telemetry.timeMilliseconds, counter: telemetry.counter, missed: sample.missed,
            state: telemetry.state.description, speedPpm: telemetry.speedPPM, targetPpm: telemetry.targetPPM,
            forceDecinewtons: telemetry.forceDecinewtons, temperatureDecidegrees: telemetry.temperatureDecidegrees,
            batteryPercent: telemetry.batteryPercent, step: step, remainingS: telemetry.remainingSeconds,
            faults: Self.names(of: telemetry.faults))))
    case .text:
      var line = pad(clock(UInt32(clamping: at / 1000)), 11, left: true) + "  " + pad(telemetry.state.description, 9)
      line += pad("\(telemetry.speedPPM) ppm", 9, left: true) + "  of " + pad("\(telemetry.targetPPM)", 5)
      line += pad(Force.decinewtons(telemetry.forceDecinewtons).description, 9, left: true)
      line += pad(degrees(telemetry.temperatureDecidegrees), 10, left: true)
      line += pad("\(telemetry.batteryPercent) %", 7, left: true)
      if let step { line += "  step \(step)" }
      if telemetry.remainingSeconds > 0 { line += "  \(telemetry.remainingSeconds) s left" }
      if !telemetry.faults.isEmpty { line += "  FAULT \(Self.names(of: telemetry.faults).joined(separator: ", "))" }
      if sample.missed > 0 { line += "  (\(sample.missed) missed)" }
      say(line)
    }
  }

  private func show(_ motor: MotorReport, of sample: TelemetrySample, at: Int64) {
    let state = sample.telemetry.state.description
    let speed = motor.status.isRunning ? motor.status.speed : .rest
    switch form {
    case .json:
      say(
        JSONLine.text(
          MotorLine(
            receivedUs: at, missed: sample.missed, state: state, running: motor.status.isRunning, speedRpm: speed.rpm,
            targetRpm: motor.target?.rpm, speedPpm: ratio?.speed(of: speed).ppm,
            targetPpm: motor.target.flatMap { ratio?.speed(of: $0).ppm })))
    case .text:
      var line = pad(clock(UInt32(clamping: at / 1000)), 11, left: true) + "  " + pad(state, 9)
      line += pad("\(speed)", 9, left: true) + "  of " + pad(motor.target.map { "\($0.rpm)" } ?? "?", 5)
      if let ratio { line += pad("\(ratio.speed(of: speed))", 9, left: true) }
      if sample.missed > 0 { line += "  (\(sample.missed) missed)" }
      say(line)
    }
  }

  func show(_ event: Device.Event, since start: MonotonicInstant) {
    let (name, detail, instant): (String, String, MonotonicInstant?) =
      switch event {
      case .reported(let event, let receivedAt): (event.kind.description, Self.text(event.body), receivedAt)
      case .controlLost(let cause): ("control_lost", cause.map { "cause \($0)" } ?? "", nil)
      case .missed(let count): ("missed", "\(count) events were lost", nil)
      case .disconnected(let reason): ("disconnected", reason.description, nil)
      }
    let at = instant.map { start.duration(to: $0).wholeMicroseconds }
    switch form {
    case .json: say(JSONLine.text(EventLine(receivedUs: at, event: name, detail: detail)))
    case .text:
      let time = at.map { clock(UInt32(clamping: $0 / 1000)) } ?? ""
      say(pad(time, 11, left: true) + "  " + name + (detail.isEmpty ? "" : ": " + detail))
    }
  }

  private static func names(of faults: DeviceFaults) -> [String] {
    [
      (DeviceFaults.stall, "stall"), (.overheat, "overheat"), (.batteryEmpty, "battery_empty"),
      (.motorFailure, "motor_failure"),
    ].filter { faults.contains($0.0) }.map(\.1)
  }

  private func degrees(_ decidegrees: Int16) -> String {
    let magnitude = decidegrees.magnitude
    return "\(decidegrees < 0 ? "-" : "")\(magnitude / 10).\(magnitude % 10) °C"
  }

  private static func text(_ body: DeviceEvent.Body) -> String {
    switch body {
    case .stateChanged(let state, let previous, let cause, _): "\(previous) to \(state), cause \(cause)"
    case .stepEntered(let step, let planned, let actual):
      "step \(step), \(Int64(clamping: actual) &- Int64(clamping: planned)) µs late"
    case .routineEnded(let step, let cause, _): "in step \(step), cause \(cause)"
    case .confirmationNeeded(let step, let timeout, _): "step \(step), for \(seconds(timeout))"
    case .faultRaised(let fault, _), .faultCleared(let fault, _): "\(fault)"
    case .button(let action, _): "\(action)"
    case .controlLost(let cause, _): "cause \(cause)"
    case .batteryLow(let percent, _): "\(percent) %"
    }
  }
}
