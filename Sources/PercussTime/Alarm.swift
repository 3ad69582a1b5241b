import Glibc

/// Lets one thread sleep until an absolute `CLOCK_MONOTONIC` deadline, or until another thread rings.
///
/// A ring that comes while nobody waits ends the next wait at once, so none is lost.
///
/// `@unchecked Sendable`: `hasRung` is only touched with the pthread mutex held, and the pointers never change.
final class Alarm: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var hasRung = false

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func ring() {
    pthread_mutex_lock(mutex)
    if !hasRung {
      hasRung = true
      pthread_cond_signal(condition)
    }
    pthread_mutex_unlock(mutex)
  }

  /// Returns after a ring or at the deadline, whichever is first; nil waits for the ring alone.
  func wait(until deadline: MonotonicInstant?) {
    pthread_mutex_lock(mutex)
    while !hasRung {
      if let deadline {
        let (seconds, rest) = max(0, deadline.nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        var time = timespec(tv_sec: time_t(seconds), tv_nsec: Int(rest))
        if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
      } else {
        pthread_cond_wait(condition, mutex)
      }
    }
    hasRung = false
    pthread_mutex_unlock(mutex)
  }
}
