internal import PercussWire

/// A routine or stream that is scheduled, plays, waits or is paused: where its clock stands and which step runs.
///
/// Places are microseconds from its beginning. The origin is the instant of place 0; it moves when the operator confirms, when
/// a pause ends and when the place is changed. It may lie before the device's clock began, so it is kept modulo 2^64, and
/// differences to it are too.
struct Playback {
  enum Source: Equatable {
    case routine(slot: UInt8)
    case stream
  }

  let source: Source
  var origin: UInt64
  /// The whole length of a routine, in microseconds.
  let length: UInt64
  /// When it is to begin, while it is scheduled.
  var scheduledStart: DeviceInstant?
  /// The place that is held while it is paused.
  var heldPlace: UInt64?

  /// The last step that began; `WireConstants.noStep` before.
  var step = WireConstants.noStep
  /// What runs now; nil before the first step and in a gap between two steps of a stream.
  var segment: RoutineSegment?
  /// Begin and end of the running step.
  var stepStart: UInt64 = 0
  var stepEnd: UInt64 = 0
  /// Whether the step has been reported as entered; not yet where the place was changed during a pause.
  var isEntered = false

  init(source: Source, origin: UInt64, length: UInt64 = 0) {
    self.source = source
    self.origin = origin
    self.length = length
  }

  func place(at now: DeviceInstant) -> UInt64 {
    heldPlace ?? (now.microseconds &- origin)
  }

  /// The instant of a place; nil where it is past the end of the clock or not known.
  func instant(of place: UInt64, now: DeviceInstant) -> DeviceInstant? {
    guard heldPlace == nil else { return nil }
    let reached = now.microseconds &- origin
    guard place > reached, place < UInt64.max / 2 else { return nil }
    let (instant, overflow) = now.microseconds.addingReportingOverflow(place &- reached)
    return overflow ? nil : DeviceInstant(microseconds: instant)
  }

  /// What the motor is asked to do in the running step.
  var plan: SpeedPlan {
    guard let segment, segment.kind == .hold || segment.kind == .ramp else { return .rest }
    return SpeedPlan(
      start: origin &+ stepStart, from: Int32(segment.speedFromPPM) &* 1000, to: Int32(segment.speedToPPM) &* 1000,
      duration: stepEnd &- stepStart)
  }

  var slot: UInt8? {
    if case .routine(let slot) = source { slot } else { nil }
  }
}
