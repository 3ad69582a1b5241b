import Foundation
import PercussRoutine
import Testing

@Suite struct `The written report` {
  @Test func `has keys in alphabetical order, integers only, and null for what is unknown`() throws {
    let step = ReportFixture.step(0, .hold, "Calf \"left\"", 0, 2_000_000, 1900, 1900, 600)
    var report = ReportFixture.report(
      .failed, RunReason(.controlHeld, "Another central holds the lease."), [step], end: 0, rest: 0, samples: [])
    report.endMicroseconds = nil
    report.rest = RestEvidence(isVerified: false, atMicroseconds: nil)
    report.seed = nil
    #expect(
      try report.json(.line) == """
        {"clocks":null,"device":{"feature":{"features":["routines","wait","force_limit"],"force_maximum_decinewtons":1780,"routine_slots":4,\
        "routine_steps":1000,"speed_maximum_ppm":2400,"speed_minimum_ppm":1750,"speed_step_ppm":10,"version":"1.0"},\
        "firmware":null,"model":"elite","name":"Percuss Elite","simulated":true},"end_us":null,"environment":null,"format":2,"guarantees":[\
        {"evidence":"No step was seen to begin.","limits":{"early_us":0},"measured":{},"name":"never_early",\
        "promise":"No step begins before its planned instant by the device's clock.","status":"unproven","step":null},\
        {"evidence":"No step was seen to begin.","limits":{"tolerance_us":20000},"measured":{},"name":"bounded",\
        "promise":"Each step begins at most 20 ms after its instant by the device's clock; a later one stops the run.",\
        "status":"unproven","step":null},\
        {"evidence":"Fewer than two steps were seen to begin; they show no trend.","limits":{"trend_us":5000},"measured":{},\
        "name":"no_drift",\
        "promise":"Lateness is not carried on: over the whole run its trend is at most 5 ms by the device's clock.",\
        "status":"unproven","step":null},\
        {"evidence":"No step began.","limits":{"stall_us":2000000},"measured":{},"name":"link_proof",\
        "promise":"No stall of the link changes a step while it is shorter than the lease, 2 s, and than the supervision timeout.",\
        "status":"unproven","step":null},\
        {"evidence":"The run never began.","limits":{"rest_us":2500000},"measured":{},"name":"fail_safe",\
        "promise":"Whatever ends the run or is lost, link, host or lease, the motor is at rest within 2.5 s: the lease and 500 ms.",\
        "status":"unproven","step":null},\
        {"evidence":"No step began.","limits":{"uncertainty_us":1},"measured":{"unobserved":0},"name":"evident",\
        "promise":"The report has the planned and the actual instant of each step that began, with its uncertainty; \
        a step that nobody saw begin fails the run.","status":"unproven","step":null}],"late_policy":"stop",\
        "lateness":{"count":0,"early":0,"max_us":null,"p50_us":null,"p90_us":null,"p999_us":null,"p99_us":null,"unobserved":0},\
        "lead_us":0,"lease_ms":2000,"link":{"att_mtu":247,"connection_interval_us":30000,"longest_silence_us":null,\
        "statistics":{"connection_events":5000,"notifications_dropped":0},"transport":"memory"},"loss_policy":"stop",\
        "mode":"uploaded","motion":{"clock":"device",\
        "columns":["time_us","setpoint_ppm","speed_ppm","force_decinewtons","temperature_decidegrees"],"samples":[],\
        "source":"telemetry","stride":1},"outcome":"failed","reason":{"code":"control_held",\
        "message":"Another central holds the lease.","step":null},"rest":{"at_us":null,"verified":false},\
        "routine":{"duration_us":2000000,"name":"Post-run calves","step_count":1},"seed":null,"steps":[{"actual_us":null,\
        "between_us":null,"clock":"device","duration_us":2000000,"force_limit_decinewtons":600,"index":0,"kind":"hold",\
        "late_us":null,"name":"Calf \\"left\\"","observation":"not_entered","offset_us":0,"path":"steps[0]","planned_us":0,\
        "second_clock":null,"speed_from_ppm":1900,"speed_to_ppm":1900,"uncertainty_us":null}],"stream":null,"tolerance_us":20000,"type":"result",\
        "virtual_time":true}
        """)
  }

  @Test func `indented, keeps short things on one line`() throws {
    let text = try ReportFixture.small.json(.pretty)
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("      [400000, 1900, 1100, 275, 250],\n"))
    #expect(text.contains("\n  \"rest\": {\"at_us\": 2900000, \"verified\": true},\n"))
    // A text cannot be broken.
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 || $0.contains(#/"(promise|evidence)": "/#) })
  }

  @Test(arguments: [RunReport.JSONLayout.line, .pretty]) func `reads back as it was`(layout: RunReport.JSONLayout)
    throws
  {
    for report in [ReportFixture.small, ReportFixture.calves(late: [3: -5, 12: 31_000]), ReportFixture.nothing] {
      #expect(try RunReport(json: report.json(layout)) == report)
    }
  }

  @Test func `is the same bytes for the same report`() throws {
    #expect(try ReportFixture.calves().json(.line) == ReportFixture.calves().json(.line))
  }

  @Test func `holds any text in names`() throws {
    var report = ReportFixture.small
    report.routine.name = "a \"b\" \\ {[,:]} / \u{1} \u{1F9B5} \n"
    #expect(try RunReport(json: report.json(.pretty)) == report)
    #expect(try !report.json(.line).contains("\n"))
  }

  @Test(arguments: ["", "{}", "[]", "null", "{\"type\": \"result\"", "\u{FF}"])
  func `refuses what is no report`(text: String) {
    #expect(throws: DecodingError.self) { try RunReport(json: text) }
  }

  @Test func `refuses samples with other columns`() throws {
    let text = try ReportFixture.small.json(.line).replacing("\"speed_ppm\",", with: "\"speed_rpm\",")
    #expect(throws: DecodingError.self) { try RunReport(json: text) }
  }

  @Test func `agrees with its schema, key by key`() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../protocol-spec/report.schema.json")
    let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    for report in [ReportFixture.small, ReportFixture.streamed, ReportFixture.calves(), ReportFixture.nothing] {
      let value = try JSONSerialization.jsonObject(with: Data(report.json(.line).utf8))
      #expect(Self.problems(value, schema, at: "") == [])
    }
    var measured = ReportFixture.calves()
    measured.environment = RunEnvironment(
      kernel: "6.1.0", processors: 2, sender: .deadlineThread, scheduling: .fifo, priority: 50,
      timerSlackNanoseconds: 1, isMemoryLocked: true)
    measured.clocks = ClockEvidence(
      deviceStartMicroseconds: .max, hostStartMicroseconds: 5, uncertaintyMicroseconds: 8_000,
      driftPartsPerBillion: -4_000, exchangeCount: 9, resetCount: 0)
    measured.steps[0].secondClock = SecondClock(
      clock: .host, plannedMicroseconds: -1, actualMicroseconds: 2, uncertaintyMicroseconds: 8_000)
    let text = try measured.json(.line)
    #expect(try RunReport(json: text) == measured)
    #expect(Self.problems(try JSONSerialization.jsonObject(with: Data(text.utf8)), schema, at: "") == [])
    let codes = ((schema["properties"] as? [String: Any])?["reason"] as? [String: Any])?["properties"] as? [String: Any]
    let written = (codes?["code"] as? [String: Any])?["enum"] as? [String]
    #expect(Set(written ?? []) == Set(RunReason.Code.allCases.map(\.rawValue)))
  }

  /// The part of JSON Schema that the report's schema uses, and stricter: no key beyond those described.
  private static func problems(_ value: Any, _ schema: [String: Any], at path: String) -> [String] {
    var found: [String] = []
    if let properties = schema["properties"] as? [String: [String: Any]], let object = value as? [String: Any] {
      let required = schema["required"] as? [String] ?? []
      if Set(object.keys) != Set(required) { found.append("\(path): keys \(object.keys.sorted())") }
      for (key, inner) in object {
        guard let described = properties[key] else { continue }
        found += problems(inner, described, at: "\(path).\(key)")
      }
    } else if let items = schema["items"] as? [String: Any], let array = value as? [Any] {
      for inner in array { found += problems(inner, items, at: "\(path)[]") }
      if let least = schema["minItems"] as? Int, array.count < least { found.append("\(path): too few") }
    } else if let choices = schema["enum"] as? [String] {
      if let text = value as? String, choices.contains(text) { return found }
      found.append("\(path): \(value)")
    } else {
      let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? []
      let fits =
        types.isEmpty
        || types.contains { type in
          switch type {
          case "integer": value is Int || value is UInt64
          case "string": value is String
          case "boolean": value is Bool
          case "null": value is NSNull
          case "object": value is [String: Any]
          case "array": value is [Any]
          default: false
          }
        }
      if !fits { found.append("\(path): \(value) is no \(types)") }
    }
    return found
  }
}

@Suite struct `The lateness of a run` {
  @Test(
    arguments: [
      ([], nil, nil, nil), ([5], 5, 5, 5), ([1, 2], 1, 2, 2), ([-3, 0, 7, 9], 0, 9, 9),
      (Array(1...100), 50, 99, 100),
    ] as [([Int64], Int64?, Int64?, Int64?)])
  func `is counted by nearest rank`(late: [Int64], p50: Int64?, p99: Int64?, most: Int64?) {
    let steps = late.enumerated().map { index, late in
      var step = ReportFixture.step(index, .hold, nil, 0, 1, 1900, 1900, nil)
      ReportFixture.enter(&step, late: late)
      return step
    }
    let summary = LatenessSummary(of: steps.shuffled())
    #expect(summary.count == late.count)
    #expect(summary.earlyCount == late.count { $0 < 0 })
    #expect((summary.p50Microseconds, summary.p99Microseconds, summary.maximumMicroseconds) == (p50, p99, most))
    #expect(summary.p999Microseconds == most, "below 1,000 steps the latest")
  }

  @Test func `leaves out the latest thousandth where there are enough steps`() {
    let steps = (1...2_000).map { late in
      var step = ReportFixture.step(late, .hold, nil, 0, 1, 1900, 1900, nil)
      ReportFixture.enter(&step, late: Int64(late))
      return step
    }
    #expect(LatenessSummary(of: steps).p999Microseconds == 1_998)
  }
}

@Suite struct `The record of the motion` {
  @Test func `halves itself when it is full, evenly from the beginning`() {
    var recorder = MotionRecorder(limit: 4)
    for time in 0..<20 {
      recorder.record(
        MotionSample(
          timeMicroseconds: Int64(time), setpointPPM: 0, speedPPM: 0, forceDecinewtons: 0, temperatureDecidegrees: 0))
    }
    #expect(recorder.stride == 8)
    #expect(recorder.samples.map(\.timeMicroseconds) == [0, 8, 16])
  }
}
