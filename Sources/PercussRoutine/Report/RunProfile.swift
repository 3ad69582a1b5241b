/// What the pictures of a run draw: the planned speed, the motion resampled to columns, and the bands of steps. Shared by terminal and SVG.
struct RunProfile {
  /// Neighbouring steps that belong together for the eye: those of one step of the document that is no repeat.
  struct Band {
    var steps: Range<Int>
    var label: String
    var start: Int64
    var end: Int64
    var isWait: Bool
    var isEntered: Bool
  }

  /// A straight piece of the planned speed.
  struct Piece {
    var start: Int64
    var end: Int64
    var from: Int
    var to: Int
  }

  let report: RunReport
  /// The shown stretch of time in microseconds; `start` is 0 or the first sample, `end` past everything shown.
  let start: Int64
  let end: Int64
  let pieces: [Piece]
  let bands: [Band]
  /// The top of the speed axis, in PPM.
  let topSpeed: Int
  /// The top of the force axis, in 0.1 N.
  let topForce: Int

  init(_ report: RunReport) {
    self.report = report
    var pieces: [Piece] = []
    pieces.reserveCapacity(report.steps.count)
    for (index, step) in report.steps.enumerated() {
      let nominal = step.kind == .wait && !step.isEntered ? 0 : step.durationMicroseconds
      var end = step.plannedMicroseconds &+ nominal
      // A wait lasts until the next step, or to the end of the run.
      if step.kind == .wait, step.isEntered {
        let next = index + 1 < report.steps.count ? report.steps[index + 1] : nil
        end = next.flatMap { $0.isEntered ? $0.plannedMicroseconds : nil } ?? report.endMicroseconds ?? end
      }
      pieces.append(
        Piece(
          start: step.plannedMicroseconds, end: max(step.plannedMicroseconds, end), from: step.speedFromPPM,
          to: step.speedToPPM))
    }
    self.pieces = pieces
    start = 0
    let last = max(pieces.last?.end ?? 0, report.endMicroseconds ?? 0, report.rest.atMicroseconds ?? 0)
    end = max(last, 1_000)
    bands = Self.bands(of: report, pieces: pieces)
    let speeds = report.motion.samples.lazy.map { max($0.speedPPM, $0.setpointPPM) }.max() ?? 0
    let planned = pieces.lazy.map { max($0.from, $0.to) }.max() ?? 0
    topSpeed = max(speeds, planned, 1)
    let forces = report.motion.samples.lazy.map(\.forceDecinewtons).max() ?? 0
    let limits = report.steps.lazy.compactMap(\.forceLimitDecinewtons).max() ?? 0
    topForce = max(forces, limits, 10)
  }

  private static func bands(of report: RunReport, pieces: [Piece]) -> [Band] {
    var bands: [Band] = []
    for (index, step) in report.steps.enumerated() {
      let isSame =
        index > 0 && step.kind != .wait && report.steps[index - 1].path == step.path
        && report.steps[index - 1].isEntered == step.isEntered && step.kind == report.steps[index - 1].kind
      if isSame, let last = bands.indices.last {
        bands[last].steps = bands[last].steps.lowerBound..<index + 1
        bands[last].end = pieces[index].end
      } else {
        bands.append(
          Band(
            steps: index..<index + 1, label: step.name ?? step.kind.rawValue, start: pieces[index].start,
            end: pieces[index].end, isWait: step.kind == .wait, isEntered: step.isEntered))
      }
    }
    return bands
  }

  /// The planned speed at an instant, in PPM; 0 outside the plan.
  func plannedSpeed(at time: Int64) -> Int {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    let piece = pieces[low - 1]
    guard time < piece.end else { return 0 }
    let part = Double(time - piece.start) / Double(max(1, piece.end - piece.start))
    return piece.from + Int((Double(piece.to - piece.from) * part).rounded())
  }

  /// The column of equal time that an instant falls into; the nearest one outside.
  func column(of time: Int64, among columns: Int) -> Int {
    let place = Double(time - start) / Double(end - start) * Double(columns)
    return min(columns - 1, max(0, Int(place)))
  }

  /// The colon form of a time: `4:05`, `1:02:30`.
  static func clock(seconds: Int64) -> String {
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (minutes, rest) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hours, part) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours):\(two(part)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// A short time for a person: `0 µs`, `180 µs`, `2.4 ms`, `1.25 s`. Without `micro` the letter u stands for it.
  static func short(microseconds: Int64, micro: String = "µ") -> String {
    let magnitude = microseconds.magnitude
    let sign = microseconds < 0 ? "-" : ""
    func decimal(_ value: UInt64, _ unit: UInt64) -> String {
      let tenths = (value &* 10 &+ unit / 2) / unit
      return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
    if magnitude < 1_000 { return "\(sign)\(magnitude) \(micro)s" }
    if magnitude < 1_000_000 { return "\(sign)\(decimal(magnitude, 1_000)) ms" }
    return "\(sign)\(decimal(magnitude / 1_000, 1_000)) s"
  }

  /// Newtons with a decimal only where there is one.
  static func newtons(_ decinewtons: Int) -> String {
    decinewtons % 10 == 0 ? "\(decinewtons / 10)" : "\(decinewtons / 10).\(abs(decinewtons % 10))"
  }

  /// Round values from 0 to at most the top, at most `count` intervals.
  static func ticks(upTo top: Int, count: Int) -> [Int] {
    guard top > 0, count > 0 else { return [0] }
    let rough = max(1, (top + count - 1) / count)
    var power = 1
    while power * 10 <= rough { power *= 10 }
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
    return Array(stride(from: 0, through: top, by: step))
  }

  /// Instants for the labels of a time axis, in whole seconds, at most `count` intervals.
  static func timeTicks(upTo microseconds: Int64, count: Int) -> [Int64] {
    let total = max(1, microseconds / 1_000_000)
    let steps: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200]
    let step =
      steps.first { total / $0 <= Int64(max(1, count)) } ?? 86_400 * (total / 86_400 / Int64(max(1, count)) + 1)
    return Array(stride(from: 0, through: microseconds / 1_000_000, by: Int64.Stride(step)))
  }

  /// The line below the title: outcome, mode, device, lateness.
  func summary(micro: String = "µ", separator: String = " · ") -> [String] {
    let device = report.device.isSimulated ? "virtual device \(report.device.name)" : report.device.name
    var parts = ["\(report.mode.rawValue) mode", device]
    if report.isVirtualTime { parts.append("virtual time") }
    if report.device.isSimulated { parts.append("simulated, not measured on hardware") }
    return [parts.joined(separator: separator), lateness(micro: micro)]
  }

  private func lateness(micro: String) -> String {
    let summary = report.lateness
    let entered = report.steps.count(where: \.isEntered)
    var text = "\(entered) of \(report.steps.count) steps begun"
    if let p50 = summary.p50Microseconds, let p99 = summary.p99Microseconds, let most = summary.maximumMicroseconds {
      let clock = report.mode == .live ? "host" : "device"
      text +=
        ", late by p50 \(Self.short(microseconds: p50, micro: micro)), p99 \(Self.short(microseconds: p99, micro: micro)), "
        + "max \(Self.short(microseconds: most, micro: micro)) (\(clock) clock, tolerance "
        + "\(Self.short(microseconds: report.toleranceMicroseconds, micro: micro)))"
    }
    if summary.unobservedCount > 0 { text += ", \(summary.unobservedCount) not observed" }
    return text
  }

  /// How long the run took, as `4:35`, or as `2.5 s` below a minute; "not begun" when it never began.
  var elapsed: String {
    guard let end = report.endMicroseconds else { return "not begun" }
    return end < 60_000_000 ? Self.short(microseconds: end) : Self.clock(seconds: (end &+ 500_000) / 1_000_000)
  }
}
