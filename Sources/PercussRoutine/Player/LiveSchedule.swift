/// The commands of a plan for a device that is led live: what is sent when, counted from the start of the plan.
///
/// ```
/// plan      hold 1900, 60 N         │ ramp 1750..2400, 40 N             │ hold 2400, 80 N
/// commands  speed 1900     limit 40 │ speed 1750   speed 2400 in 9.6 s  │ speed 2400   limit 80
///                          ▲ lead before            ▲ 400 ms after                   ▲ lead after
/// ```
///
/// A force limit that falls is sent ahead of its step, one that rises after the step's speed: at no time is more force allowed than the plan allows. A
/// ramp that does not begin where the motor is gets there first. A ramp longer than one command can hold (60 s) is sent in pieces.
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

  /// From any speed to any other the motor takes no longer than this, in microseconds.
  private static let settling: Int64 = 400_000
  private static let longestRamp: Int64 = 60_000_000

  /// One procedure takes a request, its acknowledgement and the response: up to four connection events. Unknown intervals are taken for 50 ms.
  static func procedureTime(connectionInterval: Int64?) -> Int64 {
    max(40_000, 4 * min(max(0, connectionInterval ?? 50_000), 4_000_000))
  }

  /// - Throws: the first step that is too short for its commands.
  init(_ plan: Plan, speedStep: UInt16, limitsForce: Bool, connectionInterval: Int64?) throws(TooShort) {
    lead = Self.procedureTime(connectionInterval: connectionInterval)
    var speed: UInt16 = 0
    var limit = plan.steps.first?.forceLimit ?? 0
    for (index, step) in plan.steps.enumerated() {
      let start = Int64(step.offset) * 1_000
      let first = commands.count
      if step.kind == .ramp {
        appendRamp(step, from: speed, speedStep: speedStep)
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

  private mutating func appendRamp(_ step: PlanStep, from present: UInt16, speedStep: UInt16) {
    let start = Int64(step.offset) * 1_000
    let duration = Int64(step.duration) * 1_000
    var begun: Int64 = 0
    if present != step.speedFrom, duration >= Self.settling + 2 * lead {
      append(.speed(ppm: step.speedFrom, rampMilliseconds: 0), of: step, at: start, entersStep: true)
      begun = Self.settling
    }
    let pieces = max(1, (duration - begun + Self.longestRamp - 1) / Self.longestRamp)
    for piece in 0..<pieces {
      let length = (duration - begun) / (pieces - piece)
      let end = begun + length
      let change = Int64(step.speedTo) - Int64(step.speedFrom)
      let unit = Int64(max(1, speedStep))
      let exact = Int64(step.speedFrom) + change * (end / 1_000) / max(1, duration / 1_000)
      let speed = end == duration ? Int64(step.speedTo) : (exact + unit / 2) / unit * unit
      append(
        .speed(ppm: UInt16(clamping: speed), rampMilliseconds: UInt16(clamping: length / 1_000)), of: step,
        at: start + begun, entersStep: begun == 0)
      begun = end
    }
  }
}
