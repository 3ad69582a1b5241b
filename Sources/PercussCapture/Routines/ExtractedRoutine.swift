public import PercussWire

/// The routine that was played in a captured conversation, step by step.
public struct ExtractedRoutine: Equatable, Sendable {
  /// How it was played.
  public enum Mode: String, Sendable {
    /// The device had all of it before it began.
    case uploaded
    /// The device had each step ahead of its time.
    case streamed
    /// The central told each speed at its time.
    case live
  }

  /// How it was played.
  public var mode: Mode
  /// The steps, without gaps; at least one.
  public var segments: [RoutineSegment]
  /// What the conversation shows otherwise than a document can say it, in words.
  public var notes: [String] = []

  /// Instants of live steps are rounded to this, in milliseconds: what a central sends them with is not more exact.
  public static let liveResolution: Int64 = 10

  /// The routine as a document (`protocol-spec/routine.md`). What it cannot recover stands in it as comments.
  ///
  /// - Parameter name: what the routine is called.
  public func document(named name: String, source: String) -> String {
    var lines = ["# Taken from \(Self.comment(source)): a routine that was played \(mode.rawValue)."]
    lines += ["# Names, prompts, repeats and pulses are not in a conversation; every step is written out."]
    if mode == .live {
      lines.append("# Times are those at which the central sent, rounded to \(Self.liveResolution) ms.")
      lines.append("# A wait for the operator that is led live looks like a rest, and stands here as one.")
    }
    lines += notes.map { "# \(Self.comment($0))" }
    lines += ["percuss: 1", "name: \(Self.quoted(name))"]
    let common = commonForce
    if let common { lines.append("force: \(Self.force(common))") }
    lines.append("steps:")
    for segment in segments {
      lines += step(segment)
      if segment.kind == .hold || segment.kind == .ramp, segment.forceLimitDecinewtons > 0,
        segment.forceLimitDecinewtons != common
      {
        lines.append("    force: \(Self.force(segment.forceLimitDecinewtons))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The force limit that rests and waits have, which steps cannot give for themselves; nil where it is the device's own.
  private var commonForce: UInt16? {
    let still = [.rest, .wait].flatMap { kind in segments.filter { $0.kind == kind }.map(\.forceLimitDecinewtons) }
    let moving = segments.filter { $0.kind == .hold || $0.kind == .ramp }.map(\.forceLimitDecinewtons)
    guard let force = still.first ?? moving.first, force > 0, !moving.contains(0) else { return nil }
    return force
  }

  private func step(_ segment: RoutineSegment) -> [String] {
    let duration = Self.duration(segment.durationMilliseconds)
    switch segment.kind {
    case .hold: return ["  - hold: \(duration)", "    speed: \(segment.speedFromPPM) ppm"]
    case .ramp: return ["  - ramp: \(duration)", "    speed: \(segment.speedFromPPM)..\(segment.speedToPPM) ppm"]
    case .rest: return ["  - rest: \(duration)"]
    case .wait: return ["  - wait: confirm", "    prompt: Confirm to go on", "    timeout: \(duration)"]
    }
  }

  private static func duration(_ milliseconds: UInt32) -> String {
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
  }

  private static func force(_ decinewtons: UInt16) -> String {
    decinewtons % 10 == 0 ? "\(decinewtons / 10) N" : "\(decinewtons / 10).\(decinewtons % 10) N"
  }

  private static func comment(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// In quotes, as one line of at most 100 characters.
  private static func quoted(_ text: String) -> String {
    let line = comment(text).unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    let name = String(String.UnicodeScalarView(line)).prefix(100)
    return "\"\(name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }.map(String.init).joined())\""
  }
}

/// Why there is no routine to be had.
public struct ExtractionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, and where.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
