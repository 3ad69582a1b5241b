import PercussCapture
import PercussGATT
import PercussTime
import PercussWire
import Testing

/// One thing that a device does otherwise than the captured one: exactly that is named.
struct MisbehaviourTests {
  /// The only difference, and its only field where it is a change.
  private func only(
    _ comparison: ConversationComparison, _ location: SourceLocation = #_sourceLocation
  ) throws -> (difference: ConversationDifference, field: ConversationDifference.Field?) {
    #expect(comparison.differences.count == 1, "\(comparison.differences)", sourceLocation: location)
    let difference = try #require(comparison.differences.first, sourceLocation: location)
    #expect(difference.fields.count == (difference.kind == .changed ? 1 : 0), "\(difference)", sourceLocation: location)
    return (difference, difference.fields.first)
  }

  private func compare(
    _ misbehaviour: Misbehaviour, of name: String = "percuss-uploaded.btsnoop", pace: ReplayScript.Pace = .captured
  ) throws -> ConversationComparison {
    try CapturedRun.compare(CapturedRun.conversation(name), pace: pace, misbehaving: misbehaviour)
  }

  @Test(arguments: [ReplayScript.Pace.captured, .prompt])
  func `a wrong result code`(pace: ReplayScript.Pace) throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussControlPoint, var response = try? ControlResponse(value),
          response.opCode == .routineCommit
        else { return value }
        response.result = .invalidParameter
        response.body = .empty
        return try? response.bytes()
      }), pace: pace)
    let difference = try #require(comparison.differences.first)
    #expect(comparison.differences.count == 1, "\(comparison.differences)")
    #expect(difference.kind == .changed && difference.what.contains("routine_commit"))
    #expect(
      difference.fields.contains(.init("result", expected: "success", actual: "invalid_parameter")), "\(difference)")
  }

  @Test func `a lost indication`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, place, value in
        characteristic == .percussControlPoint && place == 2 ? nil : value
      }))
    let (difference, _) = try only(comparison)
    #expect(difference.kind == .missing && difference.characteristic == .percussControlPoint)
    #expect(difference.what.contains("sequence=2"))
  }

  @Test(arguments: [ReplayScript.Pace.captured, .prompt])
  func `a lost event`(pace: ReplayScript.Pace) throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        characteristic == .percussEvent && value.first == 2 && value[2] == 1 ? nil : value
      }), pace: pace)
    let (difference, _) = try only(comparison)
    #expect(difference.kind == .missing && difference.what.contains("step_entered"))
    #expect(difference.what.contains("step=1") && difference.expected?.record != nil)
  }

  @Test func `an event twice`() throws {
    let comparison = try compare(
      Misbehaviour(repeats: { characteristic, _, value in
        characteristic == .percussEvent && value.first == 2 && value[2] == 1
      }))
    let (difference, _) = try only(comparison)
    #expect(difference.kind == .additional && difference.what.contains("step=1") && difference.expected == nil)
  }

  @Test func `a step that is entered late by the device's clock`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussEvent, var event = try? DeviceEvent(value),
          case .stepEntered(let step, let planned, let actual) = event.body, step == 2
        else { return value }
        event.body = .stepEntered(step: step, plannedMicroseconds: planned, actualMicroseconds: actual + 40_000)
        return try? event.bytes()
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.what.contains("step=2"))
    #expect(field == .init("actual", expected: "0.000 s after planned", actual: "0.040 s after planned"))
  }

  @Test func `a step that is planned late`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussEvent, var event = try? DeviceEvent(value),
          case .stepEntered(let step, let planned, let actual) = event.body, step == 2
        else { return value }
        event.body = .stepEntered(
          step: step, plannedMicroseconds: planned + 40_000, actualMicroseconds: actual + 40_000)
        return try? event.bytes()
      }))
    let (_, field) = try only(comparison)
    #expect(field == .init("planned", expected: "3.000 s after the start", actual: "3.040 s after the start"))
  }

  @Test func `a response that comes late`() throws {
    let comparison = try compare(
      Misbehaviour(delay: { characteristic, place in
        characteristic == .percussControlPoint && place == 3 ? .milliseconds(180) : .zero
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.what.contains("routine_begin") && field?.name == "time", "\(difference)")
  }

  @Test func `a wrong commanded speed in telemetry`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussTelemetry, var telemetry = try? Telemetry(value), telemetry.targetPPM == 1900
        else { return value }
        telemetry.targetPPM = 1860
        return try? telemetry.bytes()
      }), of: "percuss-set.btsnoop")
    let (difference, field) = try only(comparison)
    #expect(difference.characteristic == .percussTelemetry && difference.count > 1)
    #expect(field == .init("target", expected: "1900 PPM", actual: "1860 PPM"))
  }

  @Test func `a wrong measured speed in telemetry`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussTelemetry, var telemetry = try? Telemetry(value), telemetry.speedPPM > 1700
        else { return value }
        telemetry.speedPPM -= 150
        return try? telemetry.bytes()
      }), of: "percuss-set.btsnoop")
    let (_, field) = try only(comparison)
    #expect(field?.name == "speed")
  }

  @Test func `telemetry that stops`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, place, value in
        characteristic == .percussTelemetry && place > 9 ? nil : value
      }), of: "percuss-set.btsnoop")
    let (difference, _) = try only(comparison)
    #expect(difference.kind == .missing && difference.what == "telemetry" && difference.count > 1)
  }

  @Test func `telemetry that is no frame`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, place, value in
        characteristic == .percussTelemetry && place == 5 ? Array(value.prefix(7)) : value
      }), of: "percuss-set.btsnoop")
    let (difference, field) = try only(comparison)
    #expect(difference.characteristic == .percussTelemetry && field?.name == "frame")
  }

  @Test func `a corrupt event`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, place, value in
        characteristic == .percussEvent && place == 0 ? Array(value.prefix(3)) : value
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.characteristic == .percussEvent && field?.name == "frame", "\(difference)")
  }

  @Test func `a write that is refused`() throws {
    let comparison = try compare(
      Misbehaviour(onWrite: { characteristic, _, value in
        characteristic == .percussControlPoint && (try? ControlRequest(value))?.sequence == 9 ? .unlikelyError : nil
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.what.contains("keep_alive") && difference.what.contains("sequence=9"))
    #expect(field?.name == "answer" && field?.expected == "accepted" && field?.actual == "\(ATTError.unlikelyError)")
  }

  @Test func `another feature`() throws {
    let comparison = try compare(
      Misbehaviour(onRead: { characteristic, value in
        guard characteristic == .percussFeature, var feature = try? DeviceFeature(value) else { return value }
        feature.speedMaximumPPM = 2600
        return (try? feature.bytes()) ?? value
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.what == "read device_feature")
    #expect(field == .init("speed_maximum", expected: "2400 PPM", actual: "2600 PPM"))
  }

  @Test func `a counter that leaves out a number`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, place, value in
        guard characteristic == .percussEvent, place >= 3, var event = try? DeviceEvent(value) else { return value }
        event.counter &+= 1
        return try? event.bytes()
      }))
    let (difference, field) = try only(comparison)
    #expect(difference.what.contains("step=2") && field?.name == "counter", "\(difference)")
  }

  @Test func `another credit at the end`() throws {
    let comparison = try compare(
      Misbehaviour(onSend: { characteristic, _, value in
        guard characteristic == .percussRoutineData, var status = try? RoutineStatus(value),
          case .streamCredit(let next, 32) = status.body
        else { return value }
        status.body = .streamCredit(nextIndex: next, free: 31)
        return try? status.bytes()
      }), of: "percuss-streamed.btsnoop")
    let (_, field) = try only(comparison)
    #expect(field == .init("free", expected: "32", actual: "31"))
  }
}
