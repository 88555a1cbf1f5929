// What each setting is, in Turkish. In English the backend says it (`description` of a field in acd/config/settings.py and of the
// rules). A setting without a line here, or a line without a setting, fails tests/docs/test_settings_in_turkish.py.
export const settingsInTurkish: Record<string, string> = {
  // how urgent callers are served
  disposition_required:
    "Hazır olduğunu sayfada söyleyen görevlinin, olağan bir görüşmeden sonra başvurusu ya da sonucu girilene kadar görüşme sonrası işlemde kalması; acil arayan onu yine de alır. wrapup_recall gerekir; o yoksa kapalıdır",
  urgent_ring_s: "Başka bir görevli boştayken acil arayan için bir telefonun kaç saniye çalacağı; 0: ring_s kadar",
  urgent_pick_up_s:
    "Acil arayan, telefonu en çabuk açandan en çok bu kadar saniye geç açan boştaki görevliler arasından en uzun süredir boşta olana bağlanır; 0: strategy ayarına göre",
  empty_chair_s:
    "Telefonu kendiliğinden açılan görevlinin sesi bu kadar saniye duyulmazsa görevli kenara alınır, arayan yeniden sıraya girer; 0: hiçbir zaman",
  page_reload_s:
    "Konuşma sırasında sayfası yenilenen ya da kapanan görevli için arayanın müzikle kaç saniye bekletileceği; sonra arayan sırasındaki yerinden herhangi bir görevliyi bekler; 0: arayan kapanan sayfada kalır",
  handover_ring_s:
    "Görevlinin arayanı aktardığı dış telefonun kaç saniye çalacağı; sonra arayan görevliye ya da sırasındaki yerine döner (callback_trunk gerekir)",
  // messages
  message_s:
    "Boşta görevli bulunamayan rutin arayanın bırakabileceği mesajın en uzun süresi, saniye; mesajları gelen kutusunda birinin dinlemesi gerekir; 0: mesaj alınmaz",
  message_least_s: "İlk sesinden son sesine bu kadar saniyeden kısa olan mesaj, mesaj sayılmaz",
  message_key: "Bekleyen arayanın mesaj bırakmak için bastığı tuş; anonslar bu tuşu söyler",
  messages_per_number:
    "Bir numaradan 24 saat içinde en çok kaç mesaj bırakılabileceği; gizli numaralar ve santraller için böyle bir sınır yok; 0: sınırsız",
  messages_per_hour:
    "Bütün arayanların bir saatte en çok kaç mesaj bırakabileceği; numarasını gizleyenler en çok yarısını bırakabilir; 0: sınırsız",
  // callbacks
  callback_trunk:
    "Geri aramaların, sonuç aramalarının, nöbetçi aramalarının ve dışarıya aktarmaların yapıldığı SIP hattı, sunucu ya da sunucu:kapı; boş: bunların hiçbiri yapılmaz",
  callback_key: "Bekleyen arayanın geri aranmayı istemek için bastığı tuş",
  callback_offer_after_s:
    "Bu kadar saniye bekleyen ya da beklemesi öngörülen arayana geri aranma veya mesaj bırakma önerilir; 0: kimseye önerilmez",
  callback_tries: "Hattın bir arayana ulaşmayı kaç kez deneyeceği",
  callback_retry_s: "İki deneme arasında geçecek süre, saniye",
  callback_ring_s: "Geri aranan kişinin telefonunun kaç saniye çalacağı",
  callback_abandoned_urgent: "Beklerken kapatan acil arayanlar geri aranır; callback_trunk gerekir",
  callbacks_per_number: "Bir numaranın 24 saat içinde en çok kaç kez geri aranacağı; 0: sınırsız",
  callbacks_per_hour:
    "Bir saatte rutin arayanlar için en çok kaç geri arama yapılacağı; acil arayanlar için de ayrıca o kadar; 0: sınırsız",
  callback_denied:
    "Böyle başlayan numaralar hiç geri aranmaz: Kuzey Kıbrıs, ücretli servisler, paylaşımlı ücretli numaralar, uydu",
  // citizens are told outcomes
  outcome_call:
    "Sonucun vatandaşa nasıl bildirileceği: önce bir görevli, sonra vatandaş aranır; hat vatandaşı kendisi arar ve söyler; ya da kimse aranmaz. İlk ikisi callback_trunk ister; o yoksa bir kişiye iş açılır",
  outcome_at_once: "Aynı anda en çok kaç otomatik arama yapılacağı",
  outcome_greeting_s:
    "Otomatik aramada durmadan bu kadar saniye konuşan telefon, telesekreter sayılır; 0: telesekreter aranmaz",
  outcome_remark_s: "Otomatik aramada söylenebilecek en uzun yorum, saniye; 0: yorum alınmaz",
  outcome_tries: "Bir vatandaşın bir sonuç için en çok kaç kez aranacağı",
  outcome_pause_s: "Böyle iki arama arasında geçecek süre, saniye",
  outcome_hours:
    "Vatandaşların sonuç için aranabileceği saatler; resmî tatillerde yalnızca `holiday` yazılmışsa aranırlar",
  outcome_quiet: "Bu saatlerin içinde vatandaşların aranmayacağı zamanlar; boş: böyle bir zaman yok",
  outcome_prayer_place:
    "Namaz vakitlerinin hesaplandığı yer: enlem ve boylam, örneğin 41.035 28.675; boş: kentin mahalle.geojson dosyasının ortası",
  outcome_prayer_minutes: "Her namaz vaktinin girişinden sonra kaç dakika arama yapılmayacağı; 0: vakitlere bakılmaz",
  outcome_report_s:
    "Görüşmeden sonra görevlinin aramanın nasıl geçtiğini kaç saniye içinde yazacağı; yazmazsa bir kişi öğrenir",
  task_calls_per_number:
    "İşler için bir vatandaşın numarasının 24 saat içinde en çok kaç kez aranacağı; acil başvurularda sınır yoktur; 0: sınırsız",
  // people on duty
  duty_ring_s:
    "Acil bir başvuru için bir nöbetçinin telefonunun kaç saniye çalacağı; sonra sıradaki aranır (callback_trunk ve kentin duty.toml dosyası gerekir); 0: kimse aranmaz",
  // recordings
  recording:
    "Hangi görüşmelerin kaydedileceği. Arayana önceden söylenir; bunu sonuna kadar duymayanın görüşmesi kaydedilmez",
  recordings_dir:
    "Şifreli ses kayıtlarının klasörü; boş: data_dir/recordings. Asterisk'in bu klasöre yazabilmesi gerekir",
  // where things are kept and who they run as
  database_url: "Veritabanı; boş: data_dir içinde SQLite. Yoksa sqlite+aiosqlite:// ya da postgresql+asyncpg:// adresi",
  redis_url: "Ortak canlı görünüm için redis://sunucu:kapı/numara; boş: canlı görünüm yalnızca bu süreçtedir",
  follow:
    "Masanın izlediği hat: bu bilgisayarınki ya da redis_url ve aynı PostgreSQL üzerinden başka bir bilgisayarınki. Başka bilgisayarın hattını izleyen masa o hattı gösterir, başvurularla çalışır, ama hatta hiçbir şey değiştirmez",
  node: "Asterisk'in sistem adı",
  data_dir: "Süreç numarası, anahtar, günlük ve veritabanının durduğu klasör",
  run_as: "root başlatırsa tüm süreçlerin geçeceği kullanıcı; boş: başlatan kullanıcı olarak kalırlar",
  // addresses and ports
  bind_host: "SIP ve RTP'nin dinlediği adres",
  http_host: "Sayfaların, API'nin ve ölçümlerin dinlediği adres",
  trusted_proxies:
    "http_port önünde duran vekil sunucuların adresleri ya da ağları; onlardan gelen isteğin adresi X-Forwarded-For başlığındakidir. Boş: bu başlığa hiç inanılmaz",
  sip_port: "SIP'in UDP kapısı",
  ws_port:
    "Asterisk'in yalnızca bu bilgisayara açık WebSocket kapısı; tarayıcıdaki telefonlar ona masa üzerinden ulaşır",
  ami_host: "Asterisk'in yönetim arayüzünün (AMI) adresi",
  ami_port: "Asterisk'in yönetim arayüzünün (AMI) kapısı",
  ami_user: "Hattın AMI kullanıcısı",
  ami_secret: "Hattın AMI parolası; boş: rastgele üretilir ve data_dir içinde saklanır",
  fastagi_port: "Hattın FastAGI kapısı; Asterisk arayanları buradan verir",
  agi_secret:
    "Arama planının hatta ve yedeğe yaptığı isteklerin ilk parametresi; boş: rastgele üretilir ve data_dir içinde saklanır",
  standby_port: "Hiçbir hat süreci yanıt vermediğinde Asterisk'in başvurduğu yedeğin FastAGI kapısı",
  http_port: "Sayfaların ve API'nin kapısı",
  https_cert: "Sayfalar ve API için sertifika zinciri (PEM); tarayıcılar mikrofona yalnızca HTTPS ile izin verir",
  https_key: "Sertifikanın özel anahtarı (PEM)",
  rtp_start: "Ses (RTP) için kullanılan ilk UDP kapısı",
  rtp_end: "Ses (RTP) için kullanılan son UDP kapısı",
  // limits of the line
  max_calls:
    "Dış hattan aynı anda gelebilecek en çok çağrı; 0 ya da RTP kapılarının yetmeyeceği bir sayı: kapılar ne kadarına yetiyorsa",
  emergency_places: "max_calls içinde, acil olduğunu tuşlayan arayanlara ayrılan yer; 0: onda biri, en az 3",
  max_calls_per_number:
    "Bir numaradan aynı anda gelebilecek en çok çağrı; numbers.toml dosyasındaki santraller için sınır yoktur",
  max_calls_withheld:
    "Numarası gizli olanlardan toplam aynı anda gelebilecek en çok çağrı; 0: max_calls'un dörtte biri",
  max_calls_per_second: "Bir saniyede kabul edilen yeni çağrı",
  channel_log:
    "Asterisk'in kanal günlüğü (cel_custom.conf); boş: özel Asterisk'inki. Kendi Asterisk'inizde /var/log/asterisk/cel-custom/Master.csv",
  trunk_hosts: "INVITE'ları dış hattan gelen çağrı sayılan adresler",
  rtp_timeout_s: "Bu kadar saniye hiç ses gelmeyen çağrı kapatılır; 0: hiçbir zaman",
  qualify_s: "Asterisk'in görevli telefonlarının yerinde olup olmadığını kaç saniyede bir soracağı",
  // files
  agents_file: "Görevlilerin dosyası, agents.toml; boş: data_dir/agents.toml",
  services_file: "Hizmetlerin dosyası, services.toml; boş: varsa data_dir/services.toml, yoksa ürünle gelen",
  numbers_file: "Santraller, engellenen ve öne alınan numaralar, numbers.toml; boş: varsa data_dir/numbers.toml",
  flow_file: "Arayanların duyduğu sesli menünün akışı; boş: varsa data_dir/hotline.toml, yoksa ürünle gelen",
  prompts_dir: "Anonsların klasörü; içinde tr/ ve en/ bulunur; boş: varsa data_dir/prompts, yoksa ürünle gelen",
  // people who watch and try
  monitoring:
    "Vardiya sorumluları görüşmeleri dinleyebilir, görevliye fısıldayabilir, görüşmeye katılabilir; arayanlara söylenir ve yalnızca bunu sonuna kadar duyanın görüşmesi dinlenir",
  demo: "agents.toml yoksa on deneme görevlisi oluşturur; yalnızca bu bilgisayara açık bir sistemde",
  // who is rung, and how long
  wrapup_s: "Görüşme sonrası işlem süresi, saniye",
  ring_s: "Görevlinin telefonunun kaç saniye çalacağı",
  private_ring_s: "Bir iş arkadaşının araması ya da aktarılan bir arayan için telefonun kaç saniye çalacağı",
  max_misses: "Görevliyi kenara alan, art arda yanıtlanmamış yönlendirme sayısı",
  strategy: "Boştaki görevlilerden hangisinin aranacağı; listenin sırası agents.toml dosyasınınkidir",
  wrapup_recall: "Acil arayan, görüşme sonrası işlemdeki bir görevliye bağlanabilir",
  ring_recall: "Acil arayan, telefonu rutin bir arayan için çalan bir görevliye bağlanabilir",
  early_ring: "Acil arayan türünü tuşlarken bir görevlinin telefonu çalmaya başlar; AMI bağlantısı yokken çalmaz",
  headroom: "Rutin arayanlara verilmeyip boşta tutulan en çok görevli",
  headroom_from: "Görevde bundan az görevli varken rutin arayanlar hepsine bağlanabilir",
  empty_grace_s:
    "Görevde kimse kalmadıktan kaç saniye sonra leave_empty uygulanacağı (ara veren görevli görevde sayılmaz)",
  owner_first_s:
    "Çağrının kaç saniye yalnızca arayanı tanıyan görevliye yönlendirileceği; 0: tanıyan görevliye öncelik verilmez",
  spoke_days:
    "Bu kadar gün içinde arayanla görüşmüş görevli onu tanır sayılır; 0: yalnızca arayanın açık başvurusunu açan görevli",
  say_number:
    "Görevli kapattığında hâlâ hatta olan arayana, görüşmede açılan başvurunun numarası söylenir; görevli önce boşa çıkar, çağrı birkaç saniye uzar",
  public_number: "Hattın numarası, vatandaşın sayfasında yazıldığı gibi; boşluklar korunur",
  own_requests: "Acil tuşundan sonra arayana, numarasıyla açılmış tek açık başvurunun durumu söylenir",
  backup_after_s: "Acil arayan bu kadar saniye bekleyince ikinci halkadaki görevliler de aranır",
  escalation_key: "Bekleyen arayanın çağrısının acil olduğunu bildirmek için bastığı tuş",
  redial_s: "Kapatan acil arayanın sırasının kaç saniye saklanacağı",
  urgent_calls_per_hour:
    "Bir numaranın bir saatte bu sayıyı aşan acil çağrıları, ilk kez arayanlardan sonra gelir; 0: sınırsız",
  urgent_calls_withheld: "Aynı sınır, numarası gizli acil çağrıların toplamı için",
  first_time_agents:
    "Hatta çok sayıda yineleyen arayan varken ilk kez arayan acil arayanlara ayrılan boştaki görevli sayısı",
  announce_urgent: "Bekleyen acil arayanların duyduğu",
  announce_routine: "Bekleyen rutin arayanların duyduğu",
  announce_after_s: "Sıraya girişten ilk bekleme anonsuna kadar geçecek süre, saniye",
  announce_every_s: "İki bekleme anonsu arasında geçecek süre, saniye; en az 10; 0: yalnızca bir anons",
  // restarts and deaths
  regroup_s: "Yeniden başlatmadan sonra arayanların geri gelmesinin kaç saniye bekleneceği",
  standby_after_s: "Hat süreci bu kadar saniye yanıt vermezse yedek devreye girer",
  heartbeat_s:
    "Bu kadar saniye yaşam belirtisi vermeyen süreç öldürülür ve yeniden başlatılır; 1 ya da daha çok; 0: hiçbir zaman",
  // plans, the town, requests
  plan_dir:
    "cozum plan --json çıktılarının klasörü; /lead sayfasındaki günlük eğri bunlardan çizilir: 2026-10-29.json, saturday.json, plan.json; bunlardan ilk bulunan günün planıdır; boş: plan gösterilmez",
  town_dir: "Kentin dosyalarının klasörü; boş: varsa data_dir/town, yoksa ürünle gelenler",
  reopen_days: "Kapanmış bir başvurunun kaç gün içinde yeniden açılabileceği",
  no_answer_days: "Vatandaş sonucu öğrendikten sonra yanıt vermezse başvurunun kaç gün sonra kapanacağı",
  // text messages and mails
  text_gateway:
    "Kısa mesajların nasıl gönderileceği. Gönderilmezlerse başvuru numarasınınki data_dir/outgoing içinde bir dosya olur, ötekilerin söyleyeceğini vatandaşa bir kişi bildirir",
  text_url: "Kısa mesajların HTTP ile gönderildiği adres",
  text_token_file: "text_url için erişim anahtarının (bearer) bulunduğu dosya; boş: anahtar yok",
  texts_per_hour:
    "Bir saatte kimsenin elle yazmadığı en çok kaç kısa mesaj gönderileceği; fazlası sonra gönderilir; 0: sınırsız",
  text_domain: "E-posta ile gönderilen kısa mesajlar NUMARA@text_domain adresine gider",
  smtp_server:
    "E-posta sunucusu, sunucu:kapı; boş: e-posta gönderilmez, her biri data_dir/outgoing içinde bir dosya olur",
  smtp_tls: "smtp_server bağlantısının nasıl şifreleneceği",
  smtp_user: "smtp_server kullanıcısı; boş: kullanıcı gerekmez",
  smtp_password_file: "smtp_user parolasının bulunduğu dosya",
  mail_from: "E-postaların göndereni",
  // targets
  target_wait_s:
    "Arayanın bir kişiyle kaç saniye içinde görüşmesi gerektiği; rutin arayanda sıraya girişten, acil arayanda hattın yanıtından başlar",
  service_level_s: "Hizmet düzeyinin eşiği, saniye",
  // signing in
  session_s: "Bir kişinin masada en çok kaç saniye oturum açmış kalacağı",
  session_idle_s: "Açık sayfası ve isteği olmayan kişinin oturumunun kaç saniye sonra kapanacağı",
  // sign-in by a provider
  openid_issuer:
    "Kişilerin hesaplarıyla giriş yaptığı OpenID Connect sağlayıcısı, keşif belgesindeki adıyla; boş: yalnız parolayla girilir",
  openid_client_id: "Masanın sağlayıcıdaki adı; openid_issuer varsa gerekir",
  openid_client_secret_file:
    "Masanın sağlayıcıdaki gizli anahtarının bulunduğu dosya; yoksa gizli anahtarsız istemci (yalnız PKCE)",
  openid_desk_url:
    "Sayfaların kişilerin tarayıcısındaki adresi, yol olmadan; openid_issuer varsa gerekir. Sağlayıcı kişileri bu adreste /api/v1/session/openid/return yoluna geri gönderir",
  openid_claim:
    "İlk girişte kullanıcının adını taşıyan bilgi (claim); email yalnız sağlayıcı doğruladıysa geçerlidir. Sonraki girişlerde sağlayıcının o kişiye verdiği kimlik (sub) esas alınır",
  openid_domain: "Verilirse bilgi AD@openid_domain biçimindedir ve kullanıcı AD'dır; başka alan adları reddedilir",
  // days, the journal, the log
  timezone: "Hattın günü bu saat diliminin gece yarısında başlar",
  journal_days: "Günlükte bundan eski kayıtlar, veritabanına geçmişlerse silinir; gün",
  journal_durability: "Kaydedilen bir olayın neye dayanacağı",
  log_level: "Yazılan günlük iletilerinin en düşük önemi",
};
