public import PercussGATT

/// What goes wrong between a virtual device and its centrals, besides what its radio loses. Probabilities are 0 to 1; what happens follows from the seed of the air.
public struct AirFaults: Sendable, Hashable {
  /// Probability that a notification or indication never arrives. An indication is confirmed all the same, as by a host that loses it afterwards.
  public var droppedNotifications = 0.0
  /// Probability that a notification or indication leaves ``notificationDelay`` later; others may overtake it.
  public var delayedNotifications = 0.0
  /// How much later a delayed notification leaves.
  public var notificationDelay = Duration.milliseconds(200)
  /// Probability that a notification arrives twice.
  public var duplicatedNotifications = 0.0
  /// Probability that one bit of a notification or indication is flipped.
  public var corruptedNotifications = 0.0
  /// Probability that a write is refused with ``refusal``, without reaching the device's logic.
  public var refusedWrites = 0.0
  /// The error of refused writes.
  public var refusal = ATTError.unlikelyError
  /// Probability that the device sees a write, and answers it, ``stall`` later.
  public var stalledWrites = 0.0
  /// How long a write stalls.
  public var stall = Duration.seconds(2)
  /// Probability that a write is lost: the device never sees it, and a request is never answered, so that the link ends after the 30 s of ATT.
  public var lostWrites = 0.0
  /// Ends the link after that many operations (reads, writes, subscriptions, and values sent), counted anew for each link; nil for never.
  public var disconnectAfter: Int?

  /// Nothing goes wrong.
  public init() {}
}
