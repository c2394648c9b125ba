//! The kinds of secret, each with its word.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// The kinds of secret, and of personal data, that are known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Secret {
            $($(#[$doc])* $name,)+
        }

        impl Secret {
            /// Every kind, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The kind's word, as it stands in the token that replaces a secret.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// The id of an access key of Amazon Web Services.
    AwsAccessKey = "aws-access-key",
    /// A token of GitHub: personal, `OAuth`, of an app.
    GithubToken = "github-token",
    /// A key of Anthropic.
    AnthropicKey = "anthropic-key",
    /// A key of OpenAI, or of one who took over its shape.
    OpenaiKey = "openai-key",
    /// A token or webhook of Slack.
    SlackToken = "slack-token",
    /// A secret or restricted key of Stripe, live or test, or the secret of a webhook.
    StripeKey = "stripe-key",
    /// An API key of Google.
    GoogleApiKey = "google-api-key",
    /// A client secret or an access token of Google.
    GoogleOauth = "google-oauth",
    /// A client secret of Azure, or the key of an account of its storage.
    AzureSecret = "azure-secret",
    /// A token of GitLab.
    GitlabToken = "gitlab-token",
    /// A token of Hugging Face.
    HuggingfaceToken = "huggingface-token",
    /// A token of npm.
    NpmToken = "npm-token",
    /// A token of `PyPI`.
    PypiToken = "pypi-token",
    /// A token of Docker Hub.
    DockerToken = "docker-token",
    /// A key of Twilio.
    TwilioKey = "twilio-key",
    /// A key of `SendGrid`.
    SendgridKey = "sendgrid-key",
    /// A key of Mailgun.
    MailgunKey = "mailgun-key",
    /// A token of a bot of Telegram.
    TelegramToken = "telegram-token",
    /// A token of a bot or a webhook of Discord.
    DiscordToken = "discord-token",
    /// A token of Shopify.
    ShopifyToken = "shopify-token",
    /// A token of Square.
    SquareToken = "square-token",
    /// A token of a service account of Kubernetes.
    KubernetesToken = "kubernetes-token",
    /// A token of `DigitalOcean`.
    DigitaloceanToken = "digitalocean-token",
    /// A key of Heroku.
    HerokuKey = "heroku-key",
    /// A key of Cloudflare for certificates of origin.
    CloudflareKey = "cloudflare-key",
    /// A key of New Relic.
    NewrelicKey = "newrelic-key",
    /// A token of Sentry.
    SentryToken = "sentry-token",
    /// A token of Vault.
    VaultToken = "vault-token",
    /// A token of Terraform Cloud.
    TerraformToken = "terraform-token",
    /// A token of Databricks.
    DatabricksToken = "databricks-token",
    /// A token of Atlassian.
    AtlassianToken = "atlassian-token",
    /// A key of Linear.
    LinearKey = "linear-key",
    /// A token of Notion.
    NotionToken = "notion-token",
    /// A token of Figma.
    FigmaToken = "figma-token",
    /// A token of Airtable.
    AirtableToken = "airtable-token",
    /// A token or password of `PlanetScale`.
    PlanetscaleToken = "planetscale-token",
    /// A key of Supabase.
    SupabaseKey = "supabase-key",
    /// A token of Doppler.
    DopplerToken = "doppler-token",
    /// A token of a service account of 1Password.
    OnepasswordToken = "onepassword-token",
    /// A secret key of age.
    AgeKey = "age-key",
    /// A token of Grafana.
    GrafanaToken = "grafana-token",
    /// A key of Postman.
    PostmanKey = "postman-key",
    /// A signed JSON Web Token.
    Jwt = "jwt",
    /// A private key in PEM or of PGP.
    PrivateKey = "private-key",
    /// What follows `Bearer` in a header.
    BearerToken = "bearer-token",
    /// A key of hookrail itself.
    HookrailKey = "hookrail-key",
    /// The password in a URL.
    UrlPassword = "url-password",
    /// What is assigned to the name of a password.
    Password = "password",
    /// What is assigned to the name of a key, a token or a secret.
    ApiSecret = "secret",
    /// An e-mail address; personal, as are those that follow.
    Email = "email",
    /// A number of a telephone.
    Phone = "phone",
    /// The number of a payment card.
    Card = "card",
    /// A number by which a state knows a person.
    NationalId = "national-id",
}

impl Secret {
    /// Whether it is recognised by a shape that nothing else has, and not by the words around it or by being a token of a
    /// kind that is made for a short time.
    pub const fn has_shape(self) -> bool {
        !matches!(self, Self::Password | Self::ApiSecret | Self::UrlPassword | Self::BearerToken | Self::Jwt)
    }
}
