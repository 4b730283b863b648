# A Mastodon of one file: its mailers, its delivery worker, its backtrace cut, its log settings (4.0-4.2 with Rails 6.1).
# Loaded by sidekiq (works the queues) and by mastodon_web.rb (fills them).

require "action_mailer"
require "active_job"
require "globalid"
require "http"
require "sidekiq"

$stdout.sync = true
# Debian's redis gem is newer than this Sidekiq expects and says so every two seconds.
Redis.silence_deprecations = true unless ENV["LAB_REDIS_CHATTER"]
GlobalID.app = "mastodon"
smtp = ->(key) { ENV.fetch("SMTP_#{key}", nil).then { |value| value unless value == "" } }

logger = ActiveSupport::Logger.new($stdout)
logger.formatter = ENV["LAB_LOG_PREFIX"] ? Logger::Formatter.new : nil
logger.level = Logger::INFO
ActiveJob::Base.logger = ActionMailer::Base.logger = ActiveSupport::TaggedLogging.new(logger)
ActiveJob::Base.queue_adapter = :sidekiq

ActionMailer::Base.delivery_job = ActionMailer::MailDeliveryJob
ActionMailer::Base.smtp_settings = {
  address: smtp["SERVER"],
  port: smtp["PORT"].to_i,
  user_name: smtp["LOGIN"],
  password: smtp["PASSWORD"],
  domain: "social.example.org",
  authentication: smtp["LOGIN"] && :plain,
  openssl_verify_mode: smtp["OPENSSL_VERIFY_MODE"],
  enable_starttls: smtp["ENABLE_STARTTLS"] == "always",
  enable_starttls_auto: smtp["ENABLE_STARTTLS"] != "never",
  tls: smtp["TLS"] == "true",
  read_timeout: 20,
}

User = Struct.new(:id) do
  include GlobalID::Identification

  def self.find(id) = new(id)
end

class UserMailer < ActionMailer::Base
  self.deliver_later_queue_name = "mailers"
  default from: ENV.fetch("SMTP_FROM_ADDRESS", "notifications@social.example.org")

  %i[confirmation_instructions reset_password_instructions].each do |name|
    define_method(name) { |user, _token, *| write_to(user, name) }
  end

  def welcome(user) = write_to(user, :welcome)

  private

  def write_to(_user, name)
    mail(to: "ada@remote.example.net", subject: "[social] #{name}", body: "Hello\n")
  end
end

module ActivityPub
  # Fails as federation does: these failures have nothing to do with mail.
  class DeliveryWorker
    include Sidekiq::Worker
    sidekiq_options queue: "push", retry: 16, dead: false

    def perform(_json, _account_id, inbox_url)
      HTTP.timeout(connect: 2, read: 2, write: 2).post(inbox_url, body: "{}")
    end
  end
end

# Cuts backtraces to three frames, as Mastodon does unless BACKTRACE is set.
class BacktraceCut
  def call(*)
    yield
  rescue StandardError => e
    e.set_backtrace(e.backtrace.first(3)) unless ENV["BACKTRACE"]
    raise e
  end
end

Sidekiq.configure_server do |config|
  config.log_formatter = Sidekiq::Logger::Formatters::JSON.new if ENV["LAB_LOG_JSON"]
  config.server_middleware { |chain| chain.add BacktraceCut }
  config.options[:poll_interval_average] = 1
  if ENV["LAB_FAST_RETRIES"]
    require "sidekiq/job_retry"
    Sidekiq::JobRetry.prepend(Module.new { def delay_for(*) = 1 })
  end
end
