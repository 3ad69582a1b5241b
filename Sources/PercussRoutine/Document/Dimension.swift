/// What a quantity measures, with the units that the format knows.
enum Dimension: CaseIterable {
  case duration, speed, force

  /// Unit names with their worth in the integers that routines are made of: ms, PPM, 0.1 N.
  var units: [(name: String, factor: UInt64)] {
    switch self {
    case .duration: [("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)]
    case .speed: [("ppm", 1)]
    case .force: [("N", 10)]
    }
  }

  var noun: String {
    switch self {
    case .duration: "a duration"
    case .speed: "a speed"
    case .force: "a force"
    }
  }

  var example: String {
    switch self {
    case .duration: "30s, 2 min or 500 ms"
    case .speed: "1900 ppm"
    case .force: "60 N"
    }
  }

  var limits: String {
    switch self {
    case .duration: "durations are from 10 ms to 24 h"
    case .speed: "speeds are at most 65535 ppm"
    case .force: "forces are at most 6553.5 N"
    }
  }

  var resolution: String {
    switch self {
    case .duration: "1 ms"
    case .speed: "1 ppm"
    case .force: "0.1 N"
    }
  }

  /// What people write instead of a unit's name.
  static let otherNames: [String: String] = [
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "min", "mins": "min", "minute": "min",
    "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "msec": "ms", "millis": "ms",
    "milliseconds": "ms", "newton": "N", "newtons": "N", "n": "N",
  ]
}

extension Dimension {
  /// The value in the unit that people read it in.
  func text(_ value: UInt64) -> String {
    switch self {
    case .speed: "\(value) ppm"
    case .force: value % 10 == 0 ? "\(value / 10) N" : "\(value / 10).\(value % 10) N"
    case .duration:
      if value > 0, value % 3_600_000 == 0 {
        "\(value / 3_600_000) h"
      } else if value > 0, value % 60_000 == 0 {
        "\(value / 60_000) min"
      } else if value > 0, value % 1000 == 0 {
        "\(value / 1000) s"
      } else {
        "\(value) ms"
      }
    }
  }
}
