internal import PercussWire

/// The commands of a plan for a device that is led live: what is sent when, counted from the start of the plan.
///
/// ```
/// plan      hold 1900, 60 N         │ ramp 1750..2400, 40 N             │ hold 2400, 80 N
/// commands  speed 1900     limit 40 │ speed 1750   speed 2400 in 9.9 s  │ speed 2400   limit 80
///                          ▲ lead before            ▲ when it is there               ▲ lead after
/// ```
///
/// A force limit that falls is sent ahead of its step, one that rises after the step's speed: at no time is more force allowed than the plan allows. A
/// ramp that does not begin where the motor is joins it as soon as the motor can be there. A ramp longer than one command can hold (60 s) is sent in pieces.
struct LiveSchedule {
  struct Command: Equatable {
    enum Change: Equatable {
      case speed(ppm: UInt16, rampMilliseconds: UInt16)
      /// 0 stands for the device's own limit.
      case forceLimit(decinewtons: UInt16)
    }

    /// The step that it belongs to.
    var step: Int
    /// When it is due, in microseconds of the plan's nominal time.
    var due: Int64
    var change: Change
    /// Whether the step begins with it.
    var entersStep: Bool
  }

  /// Why a plan cannot be played live on a link.
  struct TooShort: Error, Equatable {
    var step: Int
    var duration: Int64
    var needed: Int64
  }

  private(set) var commands: [Command] = []
  /// How long ahead of its step a falling force limit is sent, in microseconds: the time for one procedure.
  let lead: Int64

  /// How long a motor takes from rest to its highest speed and back, in microseconds. The second is PCS/SR/MO/BV-03. The first no device tells: a motor that is quicker waits
  /// where the ramp will be, one that is slower follows a ramp that begins lower.
  private static let (climbing, falling): (Int64, Int64) = (1_000_000, 400_000)
  private static let longestRamp: Int64 = 60_000_000

  /// One procedure takes a request, its acknowledgement and the response: up to four connection events. Unknown intervals are taken for 50 ms.
  static func procedureTime(connectionInterval: Int64?) -> Int64 {
    max(40_000, 4 * min(max(0, connectionInterval ?? 50_000), 4_000_000))
  }

  /// The range and step of the device's speeds.
  private let speeds: (minimum: Int64, maximum: Int64, step: Int64)

  /// - Throws: the first step that is too short for its commands.
  init(_ plan: Plan, feature: DeviceFeature, connectionInterval: Int64?) throws(TooShort) {
    let limitsForce = feature.features.contains(.forceLimit)
    speeds = (Int64(feature.speedMinimumPPM), Int64(feature.speedMaximumPPM), Int64(max(1, feature.speedStepPPM)))
    lead = Self.procedureTime(connectionInterval: connectionInterval)
    var speed: UInt16 = 0
    var limit = plan.steps.first?.forceLimit ?? 0
    for (index, step) in plan.steps.enumerated() {
      let start = Int64(step.offset) * 1_000
      let first = commands.count
      if step.kind == .ramp {
        appendRamp(step, from: speed)
      } else {
        append(.speed(ppm: step.speedFrom, rampMilliseconds: 0), of: step, at: start, entersStep: true)
      }
      speed = step.speedTo
      // In a wait the motor rests, whatever the limit.
      if limitsForce, step.kind != .wait, Self.isLower(limit, than: step.forceLimit ?? 0) {
        limit = step.forceLimit ?? 0
        append(.forceLimit(decinewtons: limit), of: step, at: start + lead)
      }
      if limitsForce, index + 1 < plan.steps.count, case let next = plan.steps[index + 1], next.kind != .wait,
        Self.isLower(next.forceLimit ?? 0, than: limit)
      {
        limit = next.forceLimit ?? 0
        // The end of a wait cannot be foreseen: its successor's limit is sent when it begins.
        let due = step.kind == .wait ? start : Int64(next.offset) * 1_000 - lead
        append(.forceLimit(decinewtons: limit), of: step, at: due)
      }
      let needed = Int64(commands.count - first) * lead
      let duration = Int64(step.duration) * 1_000
      guard step.kind == .wait || duration >= needed else {
        throw TooShort(step: index, duration: duration, needed: needed)
      }
    }
  }

  private mutating func append(
    _ change: Command.Change, of step: PlanStep, at due: Int64, entersStep: Bool = false
  ) {
    commands.append(Command(step: step.index, due: due, change: change, entersStep: entersStep))
  }

  /// 0, the device's own limit, is the highest.
  private static func isLower(_ limit: UInt16, than other: UInt16) -> Bool {
    limit != other && limit != 0 && (other == 0 || limit < other)
  }

  private mutating func appendRamp(_ step: PlanStep, from present: UInt16) {
    let start = Int64(step.offset) * 1_000
    let duration = Int64(step.duration) * 1_000
    var begun: Int64 = 0
    let joining = max(lead, time(from: present, to: step.speedFrom))
    if present != step.speedFrom, duration >= joining + lead {
      append(.speed(ppm: speed(of: step, at: joining), rampMilliseconds: 0), of: step, at: start, entersStep: true)
      begun = joining
    }
    let pieces = max(1, (duration - begun + Self.longestRamp - 1) / Self.longestRamp)
    for piece in 0..<pieces {
      let length = (duration - begun) / (pieces - piece)
      let end = begun + length
      append(
        .speed(ppm: speed(of: step, at: end), rampMilliseconds: UInt16(clamping: length / 1_000)), of: step,
        at: start + begun, entersStep: begun == 0)
      begun = end
    }
  }

  /// How long the motor takes from a speed to another, in whole milliseconds of microseconds.
  private func time(from present: UInt16, to speed: UInt16) -> Int64 {
    let full = speed > present ? Self.climbing : Self.falling
    let exact = full * abs(Int64(speed) - Int64(present)) / max(1, speeds.maximum)
    return (exact + 999) / 1_000 * 1_000
  }

  /// Where a ramp is at a time after its beginning, as a speed that can be commanded.
  private func speed(of step: PlanStep, at time: Int64) -> UInt16 {
    let duration = Int64(step.duration) * 1_000
    guard time < duration else { return step.speedTo }
    let change = Int64(step.speedTo) - Int64(step.speedFrom)
    let exact = Int64(step.speedFrom) + change * (time / 1_000) / max(1, duration / 1_000)
    // Between rest and the lowest speed there are none.
    return UInt16(clamping: max(speeds.minimum, (exact + speeds.step / 2) / speeds.step * speeds.step))
  }
}
