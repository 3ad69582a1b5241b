import PercussCapture
import PercussGATT
import PercussTime

/// The statistics of a capture as people read them.
struct StatisticsText {
  let terminal: Terminal

  func summary(_ statistics: CaptureStatistics, records: Int, nanoseconds: Int64) -> String {
    let uncounted = statistics.uncountedConnections
    let more = uncounted > 0 ? ", and \(uncounted) more that are not counted" : ""
    return "\(records) records in \(Self.seconds(nanoseconds)), "
      + "\(statistics.connections.count) connections\(more), \(statistics.problemCount) problems"
  }

  func connection(_ statistics: ConnectionStatistics) -> String {
    let connection = statistics.connection
    let peer = connection.peer?.description ?? "unknown address"
    let role = connection.role.map { $0 == .central ? ", as its central" : ", as its peripheral" } ?? ""
    let length = Self.seconds(statistics.last.nanoseconds(since: statistics.first))
    let ends = [statistics.hasBeginning ? nil : "its beginning", statistics.hasEnd ? nil : "its end"].compactMap { $0 }
    let open = ends.isEmpty ? "" : " (the capture does not show \(ends.joined(separator: " and ")))"
    var lines = [
      terminal.styled("#\(connection.number)", .bold)
        + " hci\(connection.controller) with \(peer)\(role): \(length)\(open)"
    ]
    let parameters = statistics.parameters.map { ", \(CaptureText.text(of: $0))" } ?? ""
    let mtu = statistics.isMTUKnown ? "\(statistics.mtu)" : "not shown"
    lines.append("  ATT_MTU \(mtu)\(parameters)")
    lines += values(statistics) + latencies(statistics)
    if statistics.controlRequestCount > 0 {
      lines.append("  control requests: \(statistics.controlRequestCount), of these \(statistics.retryCount) repeated")
    }
    if let lateness = statistics.stepLateness {
      let figures = [("p50", lateness.p50), ("p99", lateness.p99), ("max", lateness.maximum)].map { name, value in
        "\(name) \(value.map { CaptureText.duration($0.wholeNanoseconds) } ?? "-")"
      }
      lines.append(
        "  steps: \(lateness.count) began, late by the device's clock by \(figures.joined(separator: ", ")); \(lateness.earlyCount) early"
      )
    }
    if statistics.telemetryCount > 0 {
      lines.append(
        "  telemetry: \(statistics.telemetryCount) values, \(statistics.telemetryLossCount) lost in \(statistics.telemetryGapCount) gaps"
      )
    }
    lines.append(
      "  ATT errors: \(statistics.errorCount); unanswered: \(statistics.unansweredCount); malformed frames: \(statistics.refusalCount); problems: \(statistics.problemCount)"
    )
    return lines.joined(separator: "\n")
  }

  private func values(_ statistics: ConnectionStatistics) -> [String] {
    guard !statistics.values.isEmpty else { return [] }
    let rows = statistics.sortedValues.map { kind, count -> [String] in
      let name = kind.characteristic.map { AttributeName.of($0) } ?? "handle 0x\(String(kind.handle, radix: 16))"
      let rate = count.rate.map { Self.decimal($0) } ?? "-"
      return [
        "\(kind.direction == .sent ? ">" : "<") \(kind.operation)", name, "\(count.count)", "\(count.bytes)", rate,
      ]
    }
    return table([["values", "characteristic", "count", "bytes", "per second"]] + rows, leftColumns: 2)
  }

  private func latencies(_ statistics: ConnectionStatistics) -> [String] {
    guard !statistics.latencies.isEmpty else { return [] }
    let rows = statistics.namedLatencies.map { name, histogram in
      [name.replacing("_", with: " "), "\(histogram.count)"]
        + [histogram.p50, histogram.p99, histogram.maximum].map {
          $0.map { CaptureText.duration($0.wholeNanoseconds) } ?? "-"
        }
    }
    return table([["latency of", "count", "p50", "p99", "max"]] + rows, leftColumns: 1)
  }

  private func table(_ rows: [[String]], leftColumns: Int) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.enumerated().map { index, row in
      let cells = row.enumerated().map { pad($1, widths[$0], left: $0 >= leftColumns) }
      let line = "  " + cells.joined(separator: "  ")
      return index == 0 ? terminal.styled(line, .dim) : line
    }
  }

  /// With one or two digits behind the point.
  private static func decimal(_ value: Double) -> String {
    guard let hundredths = Int(exactly: (value * 100).rounded()) else { return "-" }
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  private static func seconds(_ nanoseconds: Int64) -> String { decimal(Double(max(0, nanoseconds)) / 1e9) + " s" }
}

extension ConnectionStatistics {
  /// In the order of names and handles.
  var sortedValues: [(kind: ValueKind, count: ValueCount)] {
    values.sorted { left, right in
      (left.key.handle, left.key.operation.rawValue, left.key.direction.rawValue)
        < (right.key.handle, right.key.operation.rawValue, right.key.direction.rawValue)
    }.map { ($0.key, $0.value) }
  }

  /// Those of ATT by operation, then that of control requests.
  var namedLatencies: [(name: String, histogram: LatenessHistogram)] {
    let named = latencies.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.name, $0.value) }
    return named + (controlLatency.map { [("control_request", $0)] } ?? [])
  }
}
