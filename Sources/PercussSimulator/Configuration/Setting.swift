/// The value of a setting, whichever way it was written.
enum SettingValue: Hashable, Sendable {
  case flag(Bool)
  case count(Int)
  case share(Double)
  case duration(Duration)
  case choice(String)
}

extension SettingValue {
  /// As a configuration writes it.
  var text: String {
    switch self {
    case .flag(let flag): "\(flag)"
    case .count(let count): "\(count)"
    case .share(let share): "\(share)"
    case .duration(let duration): DurationText.text(duration)
    case .choice(let word): word
    }
  }
}

/// What a setting takes.
enum SettingKind: Hashable, Sendable {
  case flag
  case count(ClosedRange<Int>)
  case share(ClosedRange<Double>)
  case duration(ClosedRange<Duration>)
  case choice([String])
}

/// One named setting of a structure: what documents and the bus call it, what it takes, and where it goes.
///
/// The configuration file, the control interface and its documentation all walk the same tables of these, so that nothing can be set in one
/// and not in the other. A test compares the tables with the structures' stored properties.
struct Setting<Root: Sendable>: Sendable {
  /// In small letters with underscores, as in `connected_signal`.
  let name: String
  let kind: SettingKind
  /// What it does, in one line.
  let summary: String
  let get: @Sendable (Root) -> SettingValue
  /// Takes only values of the kind; gives false for others.
  let set: @Sendable (inout Root, SettingValue) -> Bool

  static func flag(_ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, _ summary: String) -> Setting {
    Setting(name: name, kind: .flag, summary: summary, get: { .flag($0[keyPath: path]) }) { root, value in
      guard case .flag(let flag) = value else { return false }
      root[keyPath: path] = flag
      return true
    }
  }

  static func count(
    _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>, _ summary: String
  ) -> Setting {
    Setting(name: name, kind: .count(range), summary: summary, get: { .count($0[keyPath: path]) }) { root, value in
      guard case .count(let count) = value, range.contains(count) else { return false }
      root[keyPath: path] = count
      return true
    }
  }

  static func share(
    _ name: String, _ path: any WritableKeyPath<Root, Double> & Sendable, upTo maximum: Double = 1, _ summary: String
  ) -> Setting {
    let range = 0...maximum
    return Setting(name: name, kind: .share(range), summary: summary, get: { .share($0[keyPath: path]) }) {
      root, value in
      guard case .share(let share) = value, range.contains(share) else { return false }
      root[keyPath: path] = share
      return true
    }
  }

  static func duration(
    _ name: String, _ path: any WritableKeyPath<Root, Duration> & Sendable, _ range: ClosedRange<Duration>,
    _ summary: String
  ) -> Setting {
    Setting(name: name, kind: .duration(range), summary: summary, get: { .duration($0[keyPath: path]) }) {
      root, value in
      guard case .duration(let duration) = value, range.contains(duration) else { return false }
      root[keyPath: path] = duration
      return true
    }
  }

  static func choice<Choice: CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, _ summary: String
  ) -> Setting where Choice: RawRepresentable<String> {
    let names = Choice.allCases.map { SettingName.snakeCase($0.rawValue) }
    return Setting(
      name: name, kind: .choice(names), summary: summary,
      get: { .choice(SettingName.snakeCase($0[keyPath: path].rawValue)) }
    ) { root, value in
      guard case .choice(let word) = value,
        let choice = Choice.allCases.first(where: { SettingName.snakeCase($0.rawValue) == word })
      else { return false }
      root[keyPath: path] = choice
      return true
    }
  }
}

/// How Swift's names are written in documents and on the bus.
enum SettingName {
  /// `afterReply` is `after_reply`, `signalsLargeRSSIChangesOnly` is `signals_large_rssi_changes_only`.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name)
    var text = ""
    for (index, letter) in letters.enumerated() {
      let beginsWord =
        index > 0 && letter.isUppercase
        && (!letters[index - 1].isUppercase || (index + 1 < letters.count && letters[index + 1].isLowercase))
      text += (beginsWord ? "_" : "") + letter.lowercased()
    }
    return text
  }
}
