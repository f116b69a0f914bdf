"""Facts of the vendor's record types, one `name:type` each: what a record may hold and what a filter may name.

Types: int, num, str, bool, dt (date-time), any, map (of strings), `a|b` (one of these words), `@X` (another record
or a reference), `[..]` (a list). `*` marks what a new record needs. From the vendor's interface description 2026.4
(older parts 2025).
"""

from collections.abc import Mapping

RECORDS: Mapping[str, str] = {
    "SLAPriority": (
        "id:int priority*:@Priority respondHours:num respondPercent:int planWithin:num planWithinPercent:int "
        "resolutionHours:num resolutionPercent:int sla:@SLA _info:map"
    ),
    "Company": (
        "id:int identifier*:str name*:str status:@CompanyStatus addressLine1:str addressLine2:str city:str "
        "state:str zip:str country:@Country phoneNumber:str faxNumber:str website:str "
        "territory:@SystemLocation market:@MarketDescription accountNumber:str defaultContact:@Contact "
        "dateAcquired:dt sicCode:@SicCode parentCompany:@Company annualRevenue:num creditLimit:num "
        "additionalDebt:num numberOfEmployees:int yearEstablished:int revenueYear:int "
        "ownershipType:@OwnershipType timeZoneSetup:@TimeZoneSetup leadSource:str leadFlag:bool "
        "unsubscribeFlag:bool calendar:@Calendar userDefinedField1:str userDefinedField2:str "
        "userDefinedField3:str userDefinedField4:str userDefinedField5:str userDefinedField6:str "
        "userDefinedField7:str userDefinedField8:str userDefinedField9:str userDefinedField10:str "
        "vendorIdentifier:str taxIdentifier:str taxCode:@TaxCode billingTerms:@BillingTerms "
        "invoiceTemplate:@InvoiceTemplate pricingSchedule:@PricingSchedule companyEntityType:@EntityType "
        "billToCompany:@Company billingSite:@Site billingContact:@Contact "
        "invoiceDeliveryMethod:@BillingDelivery emailTemplate:@EmailTemplate invoiceToEmailAddress:str "
        "invoiceCCEmailAddress:str deletedFlag:bool dateDeleted:dt deletedBy:str mobileGuid:str "
        "facebookUrl:str twitterUrl:str linkedInUrl:str currency:@Currency territoryManager:@Member "
        "resellerIdentifier:str isVendorFlag:bool types:[@CompanyType] site:@Site integratorTags:[str] "
        "customFields:[@CustomFieldValue] _info:map"
    ),
    "CompanyNote": "id:int text*:str type:@NoteType flagged:bool enteredBy:str company:@Company _info:map",
    "ServiceNote": (
        "id:int ticketId:int text:str detailDescriptionFlag:bool internalAnalysisFlag:bool "
        "resolutionFlag:bool issueFlag:bool member:@Member contact:@Contact customerUpdatedFlag:bool "
        "processNotifications:bool dateCreated:str createdBy:str internalFlag:bool externalFlag:bool "
        "sentimentScore:num _info:map"
    ),
    "CompanyNoteType": "id:int identifier:str name*:str defaultFlag:bool importFlag:bool _info:map",
    "CompanySite": (
        "id:int name*:str addressLine1:str addressLine2:str city:str stateReference:@State zip:str "
        "country:@Country addressFormat:str phoneNumber:str phoneNumberExt:str faxNumber:str taxCode:@TaxCode "
        "entityType:@EntityType expenseReimbursement:num primaryAddressFlag:bool defaultShippingFlag:bool "
        "defaultBillingFlag:bool defaultMailingFlag:bool inactiveFlag:bool billSeparateFlag:bool "
        "mobileGuid:str calendar:@Calendar timeZone:@TimeZoneSetup company:@Company territory:@SystemLocation "
        "invoiceTemplate:@InvoiceTemplate customFields:[@CustomFieldValue] _info:map"
    ),
    "CompanyStatus": (
        "id:int name*:str defaultFlag:bool inactiveFlag:bool notifyFlag:bool disallowSavingFlag:bool "
        "notificationMessage:str customNoteFlag:bool cancelOpenTracksFlag:bool track:@Track connectWiseId:str "
        "_info:map"
    ),
    "CompanyType": (
        "id:int name*:str defaultFlag:bool vendorFlag:bool serviceAlertFlag:bool serviceAlertMessage:str "
        "connectWiseId:str _info:map"
    ),
    "Contact": (
        "id:int firstName:str lastName:str company:@Company site:@Site addressLine1:str addressLine2:str "
        "city:str state:str zip:str country:@Country relationship:@Relationship relationshipOverride:str "
        "department:@ContactDepartment inactiveFlag:bool defaultMergeContactId:int securityIdentifier:str "
        "managerContact:@Contact assistantContact:@Contact title:str school:str nickName:str marriedFlag:bool "
        "childrenFlag:bool children:str significantOther:str portalPassword:str portalSecurityLevel:int "
        "disablePortalLoginFlag:bool unsubscribeFlag:bool gender:Female|Male birthDay:str anniversary:str "
        "presence:NoAgent|Online|DoNotDisturb|Away|Offline mobileGuid:str facebookUrl:str twitterUrl:str "
        "linkedInUrl:str defaultPhoneType:str defaultPhoneNbr:str defaultPhoneExtension:str "
        "defaultBillingFlag:bool defaultFlag:bool userDefinedField1:str userDefinedField2:str "
        "userDefinedField3:str userDefinedField4:str userDefinedField5:str userDefinedField6:str "
        "userDefinedField7:str userDefinedField8:str userDefinedField9:str userDefinedField10:str "
        "companyLocation:@SystemLocation communicationItems:[@ContactCommunicationItem] types:[@ContactType] "
        "integratorTags:[str] customFields:[@CustomFieldValue] photo:@Document ignoreDuplicates:bool "
        "typeIds:[int] _info:map"
    ),
    "Configuration": (
        "id:int name*:str type*:@ConfigurationType status:@ConfigurationStatus company*:@Company "
        "contact:@Contact site:@Site locationId:int location:@SystemLocation businessUnitId:int "
        "department:@SystemDepartment deviceIdentifier:str serialNumber:str modelNumber:str tagNumber:str "
        "purchaseDate:dt installationDate:dt installedBy:@Member warrantyExpirationDate:dt vendorNotes:str "
        "notes:str macAddress:str lastLoginName:str billFlag:bool backupSuccesses:int backupIncomplete:int "
        "backupFailed:int backupRestores:int lastBackupDate:dt backupServerName:str backupBillableSpaceGb:num "
        "backupProtectedDeviceList:str backupYear:int backupMonth:int ipAddress:str defaultGateway:str "
        "osType:str osInfo:str cpuSpeed:str ram:str localHardDrives:str parentConfigurationId:int "
        "vendor:@Company manufacturer:@Manufacturer questions:[@ConfigurationQuestion] activeFlag:bool "
        "managementLink:str remoteLink:str sla:@SLA mobileGuid:str displayVendorFlag:bool "
        "companyLocationId:int showRemoteFlag:bool showAutomateFlag:bool needsRenewalFlag:bool "
        "manufacturerPartNumber:str customFields:[@CustomFieldValue] _info:map"
    ),
    "ConfigurationStatus": "id:int description*:str closedFlag:bool defaultFlag:bool connectWiseId:str _info:map",
    "ConfigurationType": "id:int name*:str inactiveFlag:bool systemFlag:bool connectWiseId:str _info:map",
    "Ticket": (
        "id:int summary*:str recordType:ProjectIssue|ProjectTicket|ServiceTicket board:@Board "
        "status:@ServiceStatus workRole:@WorkRole workType:@WorkType company*:@Company site:@Site "
        "siteName:str addressLine1:str addressLine2:str city:str stateIdentifier:str zip:str country:@Country "
        "contact:@Contact contactName:str contactPhoneNumber:str contactPhoneExtension:str "
        "contactEmailAddress:str type:@ServiceType subType:@ServiceSubType item:@ServiceItem "
        "team:@ServiceTeam owner:@Member priority:@Priority serviceLocation:@ServiceLocation "
        "source:@ServiceSource requiredDate:dt budgetHours:num opportunity:@Opportunity agreement:@Agreement "
        "agreementType:str severity:Low|Medium|High impact:Low|Medium|High externalXRef:str poNumber:str "
        "knowledgeBaseCategoryId:int knowledgeBaseSubCategoryId:int allowAllClientsPortalView:bool "
        "customerUpdatedFlag:bool automaticEmailContactFlag:bool automaticEmailResourceFlag:bool "
        "automaticEmailCcFlag:bool automaticEmailCc:str initialDescription:str initialInternalAnalysis:str "
        "initialResolution:str initialDescriptionFrom:str contactEmailLookup:str processNotifications:bool "
        "skipCallback:bool closedDate:str closedBy:str closedFlag:bool actualHours:num approved:bool "
        "estimatedExpenseCost:num estimatedExpenseRevenue:num estimatedProductCost:num "
        "estimatedProductRevenue:num estimatedTimeCost:num estimatedTimeRevenue:num "
        "billingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate billingAmount:num hourlyRate:num "
        "subBillingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate subBillingAmount:num "
        "subDateAccepted:str dateResolved:str dateResplan:str dateResponded:str resolveMinutes:int "
        "resPlanMinutes:int respondMinutes:int respondByGoalUTC:dt resplanGoalUTC:dt resolutionGoalUTC:dt "
        "escalationLastUpdateMinutes:int isInSla:bool knowledgeBaseLinkId:int resources:str "
        "parentTicketId:int hasChildTicket:bool hasMergedChildTicketFlag:bool "
        "knowledgeBaseLinkType:Activity|ProjectIssue|KnowledgeBaseArticle|ProjectTicket|ServiceTicket|Time "
        "billTime:Billable|DoNotBill|NoCharge|NoDefault billExpenses:Billable|DoNotBill|NoCharge|NoDefault "
        "billProducts:Billable|DoNotBill|NoCharge|NoDefault predecessorType:Ticket|Phase predecessorId:int "
        "predecessorClosedFlag:bool lagDays:int lagNonworkingDaysFlag:bool estimatedStartDate:dt duration:int "
        "location:@SystemLocation department:@SystemDepartment mobileGuid:str sla:@SLA slaStatus:str "
        "requestForChangeFlag:bool currency:@Currency mergedParentTicket:@Ticket integratorTags:[str] "
        "escalationStartDateUTC:str escalationLevel:int minutesBeforeWaiting:int respondedSkippedMinutes:int "
        "resplanSkippedMinutes:int respondedHours:num respondedBy:str resplanHours:num resplanBy:str "
        "resolutionHours:num resolvedBy:str minutesWaiting:int customFields:[@CustomFieldValue] _info:map"
    ),
    "Board": (
        "id:int name*:str location*:@SystemLocation department*:@SystemDepartment inactiveFlag:bool "
        "signOffTemplate:@ServiceSignoff sendToContactFlag:bool contactTemplate:@ServiceEmailTemplate "
        "sendToResourceFlag:bool resourceTemplate:@ServiceEmailTemplate projectFlag:bool "
        "showDependenciesFlag:bool showEstimatesFlag:bool boardIcon:@Document billTicketsAfterClosedFlag:bool "
        "billTicketSeparatelyFlag:bool billUnapprovedTimeExpenseFlag:bool overrideBillingSetupFlag:bool "
        "dispatchMember:@Member serviceManagerMember:@Member dutyManagerMember:@Member oncallMember:@Member "
        "workRole:@WorkRole workType:@WorkType billTime:Billable|DoNotBill|NoCharge|NoDefault "
        "billExpense:Billable|DoNotBill|NoCharge|NoDefault billProduct:Billable|DoNotBill|NoCharge|NoDefault "
        "autoCloseStatus:@ServiceStatus autoAssignNewTicketsFlag:bool autoAssignNewECTicketsFlag:bool "
        "autoAssignNewPortalTicketsFlag:bool discussionsLockedFlag:bool timeEntryLockedFlag:bool "
        "notifyEmailFrom:str notifyEmailFromName:str closedLoopDiscussionsFlag:bool "
        "closedLoopResolutionFlag:bool closedLoopInternalAnalysisFlag:bool timeEntryDiscussionFlag:bool "
        "timeEntryResolutionFlag:bool timeEntryInternalAnalysisFlag:bool problemSort:Ascending|Descending "
        "resolutionSort:Ascending|Descending internalAnalysisSort:Ascending|Descending "
        "emailConnectorAllowReopenClosedFlag:bool emailConnectorReopenStatus:@ServiceStatus "
        "emailConnectorReopenResourcesFlag:bool emailConnectorNewTicketNoMatchFlag:bool "
        "emailConnectorNeverReopenByDaysFlag:bool emailConnectorReopenDaysLimit:int "
        "emailConnectorNeverReopenByDaysClosedFlag:bool emailConnectorReopenDaysClosedLimit:int "
        "useMemberDisplayNameFlag:bool sendToCCFlag:bool autoAssignTicketOwnerFlag:bool "
        "autoAssignLimitFlag:bool autoAssignLimitAmount:int closedLoopAllFlag:bool "
        "percentageCalculation:ActualHours|Manual|ClosedPhases|ClosedTickets allSort:Ascending|Descending "
        "markFirstNoteIssueFlag:bool restrictBoardByDefaultFlag:bool sendToBundledFlag:bool connectWiseId:str "
        "_info:map"
    ),
    "BoardStatus": (
        "id:int name*:str board:@Board sortOrder:int displayOnBoard:bool inactive:bool closedStatus:bool "
        "timeEntryNotAllowed:bool roundRobinCatchall:bool defaultFlag:bool "
        "escalationStatus:NotResponded|Responded|ResolutionPlan|Resolved|NoEscalation "
        "customerPortalDescription:str customerPortalFlag:bool emailTemplate:@ServiceEmailTemplate "
        "statusIndicator:@StatusIndicator customStatusIndicatorName:str saveTimeAsNote:bool connectWiseId:str "
        "parentConnectWiseId:str parentId:int grandParentId:int grandParentConnectWiseId:str _info:map"
    ),
    "BoardType": (
        "id:int name*:str category:Reactive|Proactive defaultFlag:bool inactiveFlag:bool "
        "requestForChangeFlag:bool integrationXref:str skillCategory:@SkillCategory skill:@Skill board:@Board "
        "location:@SystemLocation department:@SystemDepartment connectWiseId:str parentConnectWiseId:str "
        "parentId:int grandParentId:int grandParentConnectWiseId:str _info:map"
    ),
    "BoardSubType": (
        "id:int name*:str inactiveFlag:bool typeAssociationIds:[int] addAllTypesFlag:bool "
        "removeAllTypesFlag:bool board:@Board connectWiseId:str parentConnectWiseId:str parentId:int "
        "grandParentId:int grandParentConnectWiseId:str _info:map"
    ),
    "Priority": (
        "id:int name*:str color*:Black|Blue|Cyan|Gray|Green|Lime|Orange|Pink|Purple|Red|White|Yellow|Custom "
        "sortOrder:int defaultFlag:bool imageLink:str urgencySortOrder:str level:Critical|High|Medium|Low "
        "connectWiseId:str _info:map"
    ),
    "SLA": (
        "id:int name*:str basedOn*:AllHours|Customer|MyCalendar|Custom customCalendar:@Calendar "
        "defaultFlag:bool applicationOrder:int hiImpactHiUrgency:@Priority hiImpactMedUrgency:@Priority "
        "hiImpactLowUrgency:@Priority medImpactHiUrgency:@Priority medImpactMedUrgency:@Priority "
        "medImpactLowUrgency:@Priority lowImpactHiUrgency:@Priority lowImpactMedUrgency:@Priority "
        "lowImpactLowUrgency:@Priority respondHours:num respondPercent:int planWithin:num "
        "planWithinPercent:int resolutionHours:num resolutionPercent:int _info:map"
    ),
    "Source": "id:int name*:str defaultFlag:bool enteredBy:str dateEntered:dt connectWiseId:str _info:map",
    "ServiceTeam": (
        "id:int name:str leader:@Member location:@SystemLocation department:@SystemDepartment "
        "deleteNotifyFlag:bool _info:map"
    ),
    "Impact": "id:int name:str description*:str defaultFlag:bool _info:map",
    "Severity": "id:int name:str description*:str defaultFlag:bool _info:map",
    "Agreement": (
        "id:int name*:str type*:@AgreementType company*:@Company contact*:@Contact site:@Site "
        "subContractCompany:@Company subContractContact:@Contact parentAgreement:@Agreement customerPO:str "
        "location:@SystemLocation department:@SystemDepartment restrictLocationFlag:bool "
        "restrictDepartmentFlag:bool startDate:dt endDate:dt noEndingDateFlag:bool opportunity:@Opportunity "
        "cancelledFlag:bool dateCancelled:dt reasonCancelled:str sla:@SLA workOrder:str internalNotes:str "
        "applicationUnits:Amount|Hours|Incidents applicationLimit:num "
        "applicationCycle:Contract2Weeks|Contract4Weeks|ContractYear|CalendarMonth|CalendarQuarter|CalendarWeek|ContractQuarter|CalendarYear "
        "applicationUnlimitedFlag:bool oneTimeFlag:bool coverAgreementTime:bool coverAgreementProduct:bool "
        "coverAgreementExpense:bool coverSalesTax:bool carryOverUnused:bool allowOverruns:bool "
        "expiredDays:int limit:int expireWhenZero:bool chargeToFirm:bool employeeCompRate:Actual|Hourly "
        "employeeCompNotExceed:Billing|Amount|Percent compHourlyRate:num compLimitAmount:num "
        "billingCycle:@BillingCycle billOneTimeFlag:bool billingTerms:@BillingTerms "
        "invoicingCycle:ContractYear|CalendarYear billToCompany:@Company billToContact:@Contact "
        "billToSite:@Site billAmount:num taxable:bool prorateFirstBill:num billStartDate:dt taxCode:@TaxCode "
        "restrictDownPayment:bool prorateFlag:bool invoiceProratedAdditionsFlag:bool invoiceDescription:str "
        "topComment:bool bottomComment:bool workRole:@WorkRole workType:@WorkType projectType:@ProjectType "
        "invoiceTemplate:@InvoiceTemplate billTime:Billable|DoNotBill|NoCharge|NoDefault "
        "billExpenses:Billable|DoNotBill|NoCharge|NoDefault "
        "billProducts:Billable|DoNotBill|NoCharge|NoDefault billableTimeInvoice:bool "
        "billableExpenseInvoice:bool billableProductInvoice:bool currency:@Currency "
        "periodType:Current|Future|Both|Undefined autoInvoiceFlag:bool billZeroAmountFlag:bool "
        "nextInvoiceDate:str companyLocation:@SystemLocation shipToCompany:@Company shipToContact:@Contact "
        "shipToSite:@Site agreementStatus:Active|Cancelled|Expired|Inactive customFields:[@CustomFieldValue] "
        "_info:map"
    ),
    "AgreementType": (
        "id:int name*:str prefixSuffixOption:Prefix|Suffix defaultFlag:bool inactiveFlag:bool "
        "prePaymentFlag:bool invoicePreSuffix:str location:@SystemLocation department:@SystemDepartment "
        "restrictLocationFlag:bool restrictDepartmentFlag:bool sla:@SLA "
        "applicationUnits:Amount|Hours|Incidents applicationLimit:num "
        "applicationCycle:Contract2Weeks|Contract4Weeks|ContractYear|CalendarMonth|CalendarQuarter|CalendarWeek|ContractQuarter|CalendarYear "
        "applicationUnlimitedFlag:bool oneTimeFlag:bool coverAgreementTimeFlag:bool "
        "coverAgreementProductFlag:bool coverAgreementExpenseFlag:bool coverSalesTaxFlag:bool "
        "carryOverUnusedFlag:bool allowOverrunsFlag:bool expiredDays:int limit:int expireWhenZero:bool "
        "chargeToFirmFlag:bool employeeCompRate*:Actual|Hourly employeeCompNotExceed*:Billing|Amount|Percent "
        "compHourlyRate:num compLimitAmount:num billingCycle:@BillingCycle billOneTimeFlag:bool "
        "billingTerms:@BillingTerms invoicingCycle*:ContractYear|CalendarYear billAmount:num taxableFlag:bool "
        "restrictDownPaymentFlag:bool invoiceDescription:str topCommentFlag:bool bottomCommentFlag:bool "
        "workRole:@WorkRole workType:@WorkType projectType:@ProjectType invoiceTemplate:@InvoiceTemplate "
        "billTime*:Billable|DoNotBill|NoCharge|NoDefault billExpenses*:Billable|DoNotBill|NoCharge|NoDefault "
        "billProducts*:Billable|DoNotBill|NoCharge|NoDefault billableTimeInvoiceFlag:bool "
        "billableExpenseInvoiceFlag:bool billableProductInvoiceFlag:bool copyWorkRolesFlag:bool "
        "copyWorkTypesFlag:bool exclusionWorkRoleIds:[int] addAllWorkRoleExclusions:bool "
        "removeAllWorkRoleExclusions:bool exclusionWorkTypeIds:[int] addAllWorkTypeExclusions:bool "
        "removeAllWorkTypeExclusions:bool integrationXRef:str prorateFlag:bool emailTemplate:@EmailTemplate "
        "autoInvoiceFlag:bool billZeroAmountFlag:bool invoiceProratedAdditionsFlag:bool connectWiseId:str "
        "_info:map"
    ),
    "Addition": (
        "id:int product*:@IvItem quantity:num lessIncluded:num unitPrice:num unitCost:num "
        "billCustomer*:Billable|DoNotBill|NoCharge effectiveDate:dt cancelledDate:dt taxableFlag:bool "
        "serialNumber:str invoiceDescription:str purchaseItemFlag:bool specialOrderFlag:bool agreementId:int "
        "description:str billedQuantity:num uom:str extPrice:num extCost:num sequenceNumber:num margin:num "
        "prorateCost:num proratePrice:num extendedProrateCost:num extendedProratePrice:num "
        "prorateCurrentPeriodFlag:bool opportunity:@Opportunity "
        "agreementStatus:Active|Cancelled|Expired|Inactive invoiceGrouping:@InvoiceGrouping "
        "customFields:[@CustomFieldValue] _info:map"
    ),
    "Member": (
        "id:int identifier*:str password:str disableOnlineFlag:bool licenseClass*:A|C|F|X notes:str "
        "employeeIdentifer:str vendorNumber:str enableMobileGpsFlag:bool inactiveDate:dt inactiveFlag:bool "
        "lastLogin:str clientId:str token:str firstName*:str middleInitial:str lastName*:str hireDate*:dt "
        "country:@Country photo:@Document officeEmail:str mobileEmail:str homeEmail:str "
        "defaultEmail*:Office|Mobile|Home primaryEmail:str officePhone:str officeExtension:str "
        "mobilePhone:str mobileExtension:str homePhone:str homeExtension:str defaultPhone*:Office|Mobile|Home "
        "securityRole*:@SecurityRole office365:@MemberOffice365 mapiName:str calendarSyncIntegrationFlag:bool "
        "authenticationServiceType:AuthAnvil|GoogleAuthenticator|Email timebasedOneTimePasswordActivated:bool "
        "enableLdapAuthenticationFlag:bool ldapConfiguration:@LdapConfiguration ldapUserName:str "
        "directionalSync:@DirectionalSync ssoSettings:@MemberSsoSettings signature:str "
        "phoneIntegrationType:TAPI|SKYPE|TEL|CALLTO|NONE useBrowserLanguageFlag:bool title:str "
        "reportCard:@ReportCard enableMobileFlag:bool type:@MemberType timeZone:@TimeZoneSetup "
        "partnerPortalFlag:bool stsUserAdminUrl:str toastNotificationFlag:bool memberPersonas:[int] "
        "adminFlag:bool structureLevel:@Structure securityLocation:@SystemLocation "
        "defaultLocation:@SystemLocation defaultDepartment:@SystemDepartment reportsTo:@Member "
        "restrictLocationFlag:bool restrictDepartmentFlag:bool workRole:@WorkRole workType:@WorkType "
        "timeApprover:@Member expenseApprover:@Member billableForecast:num dailyCapacity:num hourlyCost:num "
        "hourlyRate:num includeInUtilizationReportingFlag:bool requireExpenseEntryFlag:bool "
        "requireTimeSheetEntryFlag:bool requireStartAndEndTimeOnTimeEntryFlag:bool "
        "allowInCellEntryOnTimeSheet:bool enterTimeAgainstCompanyFlag:bool "
        "allowExpensesEnteredAgainstCompaniesFlag:bool timeReminderEmailFlag:bool daysTolerance:int "
        "minimumHours:num timeSheetStartDate:str serviceDefaultLocation:@SystemLocation "
        "serviceDefaultDepartment:@SystemDepartment serviceDefaultBoard:@Board "
        "restrictServiceDefaultLocationFlag:bool restrictServiceDefaultDepartmentFlag:bool "
        "excludedServiceBoardIds:[int] teams:[int] serviceBoardTeamIds:[int] "
        "projectDefaultLocation:@SystemLocation projectDefaultDepartment:@SystemDepartment "
        "projectDefaultBoard:@ProjectBoard restrictProjectDefaultLocationFlag:bool "
        "restrictProjectDefaultDepartmentFlag:bool excludedProjectBoardIds:[int] "
        "scheduleDefaultLocation:@SystemLocation scheduleDefaultDepartment:@SystemDepartment "
        "scheduleCapacity:num serviceLocation:@ServiceLocation restrictScheduleFlag:bool "
        "hideMemberInDispatchPortalFlag:bool calendar:@Calendar salesDefaultLocation:@SystemLocation "
        "restrictDefaultSalesTerritoryFlag:bool warehouse:@Warehouse warehouseBin:@WarehouseBin "
        "restrictDefaultWarehouseFlag:bool restrictDefaultWarehouseBinFlag:bool "
        "companyActivityTabFormat:SummaryList|DetailList invoiceTimeTabFormat:SummaryList|DetailList "
        "invoiceScreenDefaultTabFormat:ShowInvoicingTab|ShowAgreementInvoicingTab "
        "invoicingDisplayOptions:RemainOnInvoicingScreen|ShowRecentInvoices "
        "agreementInvoicingDisplayOptions:RemainOnInvoicingScreen|ShowRecentInvoices autoStartStopwatch:bool "
        "autoPopupQuickNotesWithStopwatch:bool "
        "globalSearchDefaultTicketFilter:OpenRecords|ClosedRecords|AllRecords "
        "globalSearchDefaultSort:None|LastUpdatedDesc|LastUpdatedAsc|CreatedDesc|CreatedAsc phoneSource:str "
        "copyPodLayouts:bool copySharedDefaultViews:bool copyColumnLayoutsAndFilters:bool fromMemberRecId:int "
        "fromMemberTemplateRecId:int customFields:[@CustomFieldValue] _info:map"
    ),
    "TimeEntry": (
        "id:int company:@Company companyType:str chargeToId:int "
        "chargeToType:Company|ServiceTicket|ProjectTicket|ChargeCode|Activity member:@Member locationId:int "
        "businessUnitId:int businessGroupDesc:str location:@OwnerLevel department:@BillingUnit "
        "workType:@WorkType workRole:@WorkRole agreement:@Agreement agreementType:str activity:@Activity "
        "opportunityRecid:int projectActivity:str territory:str timeStart*:dt timeEnd:dt hoursDeduct:num "
        "actualHours:num billableOption:Billable|DoNotBill|NoCharge|NoDefault notes:str internalNotes:str "
        "addToDetailDescriptionFlag:bool addToInternalAnalysisFlag:bool addToResolutionFlag:bool "
        "emailResourceFlag:bool emailContactFlag:bool emailCcFlag:bool emailCc:str hoursBilled:num "
        "invoiceHours:num hourlyCost:str enteredBy:str dateEntered:dt invoice:@Invoice mobileGuid:str "
        "hourlyRate:num overageRate:num agreementHours:num agreementAmount:num agreementAdjustment:num "
        "adjustment:num invoiceReady:int timeSheet:@TimeSheet "
        "status:Open|Rejected|PendingApproval|ErrorsCorrected|PendingProjectApproval|ApprovedByTierOne|RejectBySecondTier|ApprovedByTierTwo|ReadyToBill|Billed|WrittenOff|BilledAgreement "
        "ticket:@Ticket project:@Project phase:@ProjectPhase ticketBoard:str ticketStatus:str ticketType:str "
        "ticketSubType:str invoiceFlag:bool extendedInvoiceAmount:num locationName:str taxCode:@TaxCode "
        "customFields:[@CustomFieldValue] _info:map"
    ),
    "WorkType": (
        "id:int name*:str billTime*:Billable|DoNotBill|NoCharge rateType*:AdjAmount|Custom|Multiplier "
        "rate*:num hoursMin:num hoursMax:num roundBillHoursTo:num accrualType:Holiday|PTO|Sick|Vacation "
        "inactiveFlag:bool overallDefaultFlag:bool activityDefaultFlag:bool utilizationFlag:bool "
        "costMultiplier:num integrationXRef:str addAllAgreementExclusions:bool connectWiseId:str _info:map"
    ),
    "WorkRole": (
        "id:int name*:str hourlyRate:num integrationXref:str inactiveFlag:bool addAllLocations:bool "
        "removeAllLocations:bool addAllAgreementExclusions:bool locationIds:[int] connectWiseId:str _info:map"
    ),
    "Info": (
        "version:str isCloud:bool serverTimeZone:str licenseBits:[@LicenseBit] cloudRegion:str "
        "maxWorkFlowRecordsAllowed:int"
    ),
    "Count": "count:int",
    "ConfigurationQuestion": (
        "answerId:int questionId:int question:str answer:any sequenceNumber:num numberOfDecimals:int "
        "fieldType:TextArea|Currency|Date|Hyperlink|IPAddress|Checkbox|Number|Percent|Text|Password "
        "requiredFlag:bool"
    ),
    "CustomFieldValue": (
        "id:int caption:str "
        "type:TextArea|Button|Currency|Date|Hyperlink|IPAddress|Checkbox|Number|Percent|PhoneNumber|Text|Password "
        "entryMethod:Date|EntryField|List|Option numberOfDecimals:int value:any connectWiseId:str rowNum:int "
        "userDefinedFieldRecId:int podId:str"
    ),
    "ContactCommunicationItem": (
        "id:int type:@CommunicationType value:str extension:str defaultFlag:bool domain:str "
        "communicationType:Email|Fax|Phone"
    ),
    "LicenseBit": "name:str activeFlag:bool",
}
"""Record types."""

REFERENCES: Mapping[str, str] = {
    "Agreement": "id:int name:str type:str chargeFirmFlag:bool",
    "CommunicationType": "id:int name:str coreEntityId:str",
    "Company": "id:int name:str identifier:str",
    "Country": "id:int name:str identifier:str",
    "Currency": (
        "id:int name:str symbol:str currencyCode:str decimalSeparator:str numberOfDecimals:int "
        "thousandsSeparator:str negativeParenthesesFlag:bool displaySymbolFlag:bool currencyIdentifier:str "
        "displayIdFlag:bool rightAlign:bool"
    ),
    "InvoiceGrouping": (
        "id:int name:str description:str showPriceFlag:bool showSubItemsFlag:bool "
        "groupParentChildAdditionsFlag:bool"
    ),
    "Invoice": "id:int identifier:str billingType:str applyToType:str invoiceDate:str chargeFirmFlag:bool",
    "IvItem": "id:int identifier:str serializedFlag:bool",
    "LdapConfiguration": "id:int name:str server:str",
    "Member": "id:int name:str identifier:str dailyCapacity:num",
    "MemberSsoSettings": "id:int ssoUserId:str userName:str email:str",
    "Priority": "id:int name:str sort:int level:str",
    "ServiceEmailTemplate": "id:int name:str identifier:str type:str",
    "ScheduleSpan": "id:int identifier:str",
    "ScheduleType": "id:int identifier:str",
    "ServiceStatus": "id:int name:str sort:int",
    "State": "id:int name:str identifier:str",
    "StatusIndicator": "id:int name:str identifier:str",
    "SystemDepartment": "id:int name:str identifier:str",
    "Ticket": "id:int summary:str",
    "Warehouse": "id:int name:str lockedFlag:bool",
    "WorkType": "id:int name:str utilizationFlag:bool",
}
"""References that hold more or less than `id:int name:str`; each may carry `_info` too."""
