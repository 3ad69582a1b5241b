import PercussRoutine

/// The six guarantees as `percuss run` and `percuss report show` tell them to a person.
struct GuaranteeText {
  let terminal: Terminal

  private static let nameWidth = 13

  /// What is promised, before a run.
  func promises(of terms: RunTerms, device: String) -> [String] {
    var lines = ["What is promised on \(device), \(terms.mode.rawValue):"]
    for promise in terms.promises {
      let text = promise.isPromised ? promise.text : "not promised. \(promise.text)"
      lines += row(promise.name.title, text, promise.isPromised ? .bold : .yellow)
      if let note = promise.note { lines += row("", note, .dim).map { terminal.styled($0, .dim) } }
    }
    for reservation in terms.reservations { lines += wrap(reservation, to: terminal.width) }
    return lines + [""]
  }

  /// What became of them, in few lines: those that were kept by name only.
  func summary(of guarantees: [Guarantee]) -> [String] {
    var parts: [String] = []
    for status in [Guarantee.Status.kept, .notPromised] {
      let names = guarantees.filter { $0.status == status }.map(\.name.title)
      if !names.isEmpty { parts.append("\(status.title): \(names.joined(separator: ", "))") }
    }
    var lines = wrap("Guarantees \(parts.joined(separator: "; "))", to: terminal.width)
    for guarantee in guarantees where guarantee.status == .missed || guarantee.status == .unproven {
      let line = "\(guarantee.status.title): \(guarantee.name.title). \(guarantee.evidence)"
      lines += wrap(line, to: terminal.width).map {
        terminal.styled($0, guarantee.status == .missed ? .red : .yellow)
      }
    }
    return lines
  }

  /// What became of them, each with its evidence.
  func table(of guarantees: [Guarantee]) -> [String] {
    guarantees.flatMap { guarantee in
      let style: Terminal.Style =
        switch guarantee.status {
        case .kept: .green
        case .missed: .red
        case .notPromised, .unproven: .yellow
        }
      let isSaid = guarantee.status == .notPromised
      let text = isSaid ? guarantee.promise.text : guarantee.evidence
      return row(guarantee.name.title, "\(guarantee.status.title). \(text)", style)
    }
  }

  private func row(_ name: String, _ text: String, _ style: Terminal.Style) -> [String] {
    wrap(text, to: terminal.width - Self.nameWidth - 2).enumerated().map { number, line in
      let name = pad(number == 0 ? name : "", Self.nameWidth)
      return "  " + terminal.styled(name, style) + line
    }
  }
}

/// A promise as `--json` prints it; see `protocol-spec/output.md`.
struct GuaranteeLine: Encodable {
  let type = "guarantee"
  let name: GuaranteePromise.Name
  let promised: Bool
  let promise: String
  let limits: [String: Int64]
  let note: String?
  let device: String
  let mode: String
  let simulated: Bool
  let virtualTime: Bool

  init(_ promise: GuaranteePromise, of terms: RunTerms, device: String) {
    name = promise.name
    promised = promise.isPromised
    self.promise = promise.text
    (limits, note) = (promise.limits, promise.note)
    (self.device, mode) = (device, terms.mode.rawValue)
    (simulated, virtualTime) = (terms.isSimulated, terms.isVirtualTime)
  }
}
