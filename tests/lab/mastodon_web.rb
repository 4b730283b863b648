# The web process: enqueues one job for each line read from standard input.

require_relative "mastodon_app"

SECRETS = %w[TDbGBLuHxTEGG2pSTr6s sUe1cFVhXQnJzZUq4x7- yy3rQhR9zGDkBk5cW7yV].cycle
user_ids = (11..).each

$stdin.each_line(chomp: true) do |line|
  kind, argument = line.split(" ", 2)
  case kind
  when "mail"
    arguments = argument == "welcome" ? [] : [SECRETS.next]
    arguments << { to: nil } if argument == "confirmation_instructions"
    UserMailer.public_send(argument, User.new(user_ids.next), *arguments).deliver_later
  when "deliver"
    ActivityPub::DeliveryWorker.perform_async('{"@context":"https://www.w3.org/ns/activitystreams"}', 1, argument)
  end
end
